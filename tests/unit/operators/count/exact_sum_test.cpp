#include "operators/count/exact_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace dnstorm::operators {
namespace {

constexpr double greatest = std::numeric_limits<double>::max();
constexpr double least = std::numeric_limits<double>::denorm_min();

ExactSum sum_of(const std::vector<double>& numbers) {
  ExactSum sum;
  for (double number : numbers) sum.add(number);
  return sum;
}
std::string bytes_of(const ExactSum& sum) {
  StateWriter out;
  sum.save(out);
  return out.take();
}

TEST(ExactSum, KeepsWhatADoubleLoses) {
  EXPECT_EQ(ExactSum().value(), 0);
  EXPECT_EQ(sum_of({1e16, 1, 1, 1, -1e16}).value(), 3);
  EXPECT_EQ(sum_of({1e300, 1e-300, -1e300}).value(), 1e-300);
  EXPECT_EQ(sum_of({least, greatest, least, -greatest}).value(), 2 * least);
  EXPECT_EQ(sum_of({greatest, greatest, -greatest}).value(), greatest) << "no infinity on the way";
  EXPECT_EQ(sum_of({-0.25, -0.5}).value(), -0.75);
  EXPECT_EQ(sum_of({0.0, -0.0, 5, -5}).value(), 0);
  EXPECT_TRUE(std::isinf(sum_of({greatest, greatest}).value()));
  EXPECT_EQ(sum_of({-greatest, -greatest}).value(), -std::numeric_limits<double>::infinity());
}

TEST(ExactSum, OfOneNumberIsTheNumber) {
  std::mt19937_64 dice(5);
  for (int i = 0; i < 100'000; ++i) {
    auto number = std::bit_cast<double>(dice());
    if (!std::isfinite(number)) continue;
    ASSERT_EQ(sum_of({number}).value(), number);
  }
}

TEST(ExactSum, IsRoundedToTheNearestOnce) {
  double even = 1;
  double half = std::ldexp(1.0, -53);  // half of the last digit
  double odd = 1 + 2 * half;
  EXPECT_EQ(sum_of({even, half}).value(), 1) << "a tie goes to the even one";
  EXPECT_EQ(sum_of({odd, half}).value(), 1 + 4 * half);
  EXPECT_EQ(sum_of({even, half, 1e-200}).value(), odd) << "more than a tie, by far below";
  EXPECT_EQ(sum_of({-even, -half, -1e-200}).value(), -odd);
  EXPECT_EQ(sum_of({even, half, -1e-200}).value(), 1);
  EXPECT_EQ(sum_of({odd, half, -1e-200}).value(), odd);
}

// Long double adds 64 digits: exact for these.
TEST(ExactSum, IsWhatAWiderTypeSays) {
  std::mt19937_64 dice(17);
  for (int round = 0; round < 2'000; ++round) {
    ExactSum sum;
    long double wide = 0;
    int numbers = 1 + static_cast<int>(dice() % 20);
    for (int i = 0; i < numbers; ++i) {
      auto mantissa =
          static_cast<double>(static_cast<std::int64_t>(dice() % 2'000'000) - 1'000'000);
      double number = std::ldexp(mantissa, static_cast<int>(dice() % 36));
      sum.add(number);
      wide += number;
    }
    ASSERT_EQ(sum.value(), static_cast<double>(wide)) << "round " << round;
  }
}

TEST(ExactSum, IsTheSameInAnyOrderAndInAnyParts) {
  std::mt19937_64 dice(29);
  std::vector<double> numbers;
  for (int i = 0; i < 4'000; ++i) {
    auto mantissa = static_cast<double>(static_cast<std::int64_t>(dice() >> 11)) - 4.5e15;
    numbers.push_back(std::ldexp(mantissa, static_cast<int>(dice() % 300) - 150));
  }
  std::string whole = bytes_of(sum_of(numbers));
  for (int round = 0; round < 20; ++round) {
    std::shuffle(numbers.begin(), numbers.end(), dice);
    ExactSum parts;
    ExactSum part;
    for (double number : numbers) {
      part.add(number);
      if (dice() % 50 != 0) continue;
      parts.merge(part);
      part.clear();
    }
    parts.merge(part);
    ASSERT_EQ(bytes_of(parts), whole);
  }
  // And back to nothing.
  ExactSum sum = sum_of(numbers);
  for (double number : numbers) sum.add(-number);
  EXPECT_EQ(bytes_of(sum), bytes_of(ExactSum()));
}

TEST(ExactSum, ComesBackFromItsBytes) {
  for (const std::vector<double>& numbers :
       {std::vector<double>{}, {3.5}, {-1e-300}, {1e300, -7}, {-1e300, 7, least}, {4294967296.0}}) {
    std::string bytes = bytes_of(sum_of(numbers));
    ExactSum back;
    StateReader in(bytes);
    ASSERT_TRUE(back.restore(in));
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(bytes_of(back), bytes);
    EXPECT_EQ(back.value(), sum_of(numbers).value());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      ExactSum cut;
      StateReader part(std::string_view(bytes).substr(0, size));
      EXPECT_FALSE(cut.restore(part)) << "cut off after " << size;
    }
  }
}

}  // namespace
}  // namespace dnstorm::operators
