#include "operators/count/quantile_sketch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

constexpr unsigned precision = 6;

// Numbers spread evenly over (0, 1), the same in every run.
double spread(std::uint64_t i) {
  return (static_cast<double>(hash_number(i + 1) >> 12) + 0.5) / 4503599627370496.0;
}

QuantileSketch sketch_of(std::uint64_t from, std::uint64_t to,
                         const std::function<double(std::uint64_t)>& number) {
  QuantileSketch sketch(precision, 64);
  for (std::uint64_t i = from; i < to; ++i) sketch.add(number(i));
  return sketch;
}

std::string bytes_of(const QuantileSketch& sketch) {
  StateWriter out;
  sketch.save(out);
  return out.take();
}

void expect_within_bound(std::vector<double> numbers, const std::string& what) {
  QuantileSketch sketch(precision, 64);
  for (double number : numbers) sketch.add(number);
  ASSERT_GT(sketch.relative_error(), 0);
  for (double q : {0.0001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.99999, 1.0}) {
    auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(numbers.size())));
    auto at = numbers.begin() + static_cast<std::ptrdiff_t>(rank - 1);
    std::nth_element(numbers.begin(), at, numbers.end());
    // The last digit is rounding: a number may lie on the bound of its bucket.
    double bound = sketch.relative_error() * std::abs(*at) * (1 + 1e-12);
    EXPECT_LE(std::abs(sketch.at_rank(rank) - *at), bound)
        << what << ", quantile " << q << ": " << sketch.at_rank(rank) << " for " << *at;
  }
}

TEST(QuantileSketch, HoldsItsBoundOverTenMillionNumbers) {
  std::vector<double> numbers(10'000'000);
  // Times of responses: most of them short, few of them thousands of times as long.
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = std::floor(100 / std::pow(spread(i), 1.3));
  expect_within_bound(numbers, "long tail");
}

TEST(QuantileSketch, HoldsItsBoundForNumbersOfEveryKind) {
  std::vector<double> numbers(200'000);
  auto fill = [&](const std::function<double(double)>& number) {
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = number(spread(i));
    return numbers;
  };
  expect_within_bound(fill([](double u) { return u; }), "even");
  expect_within_bound(fill([](double u) { return 1000 - 2000 * u; }), "on both sides of 0");
  expect_within_bound(fill([](double u) { return -std::exp(40 * u - 20); }), "below 0");
  expect_within_bound(fill([](double u) { return std::pow(10, 600 * u - 300); }), "of any size");
  expect_within_bound(fill([](double u) { return u < 0.3 ? 0 : std::floor(u * 8); }), "many 0");
}

TEST(QuantileSketch, IsExactWhileNumbersAreFew) {
  QuantileSketch sketch(precision, 5);
  for (double number : {7.3, -2.0, 1e9, 0.1}) sketch.add(number);
  EXPECT_EQ(sketch.at_rank(1), -2.0);
  EXPECT_EQ(sketch.at_rank(2), 0.1);
  EXPECT_EQ(sketch.at_rank(3), 7.3);
  EXPECT_EQ(sketch.at_rank(4), 1e9);
  EXPECT_EQ(sketch.relative_error(), 0);
  sketch.add(8);
  EXPECT_EQ(sketch.relative_error(), 0);
  sketch.add(8);
  EXPECT_NEAR(sketch.relative_error(), 1 / 129.0, 1e-12);
  EXPECT_EQ(sketch.count(), 6u);
  sketch.clear();
  sketch.add(3);
  EXPECT_EQ(sketch.at_rank(1), 3);
  EXPECT_EQ(sketch.relative_error(), 0) << "what is used again begins exactly";
}

TEST(QuantileSketch, PartsGiveTheSketchOfTheWhole) {
  auto number = [](std::uint64_t i) { return std::floor(1000 * spread(i)) - 300; };
  for (std::uint64_t size : {40U, 100U, 5000U}) {
    QuantileSketch whole = sketch_of(0, size, number);
    QuantileSketch parts(precision, 64);
    // From behind, and in parts of which some are exact.
    for (std::uint64_t from = size; from != 0;) {
      std::uint64_t to = from;
      from -= std::min<std::uint64_t>(from, 7 + from % 150);
      parts.merge(sketch_of(from, to, number));
    }
    EXPECT_EQ(bytes_of(parts), bytes_of(whole)) << size << " numbers";
  }
}

TEST(QuantileSketch, ComesBackFromItsBytes) {
  auto number = [](std::uint64_t i) { return std::floor(100 * spread(i)) - 30; };
  for (std::uint64_t size : {0U, 10U, 3000U}) {
    std::string bytes = bytes_of(sketch_of(0, size, number));
    QuantileSketch back(precision, 64);
    StateReader in(bytes);
    ASSERT_TRUE(back.restore(in));
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(bytes_of(back), bytes);
  }
}

TEST(QuantileSketch, RefusesBytesOfAnother) {
  std::string bytes = bytes_of(sketch_of(0, 3000, spread));
  QuantileSketch finer(precision + 1, 64);
  StateReader in(bytes);
  EXPECT_FALSE(finer.restore(in)) << "of another precision";
  for (std::size_t size = 0; size < bytes.size(); size += 5) {
    QuantileSketch cut(precision, 64);
    StateReader part(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(cut.restore(part)) << "cut off after " << size;
  }
}

TEST(QuantileSketch, TakesTheLeastPrecisionThatIsEnough) {
  EXPECT_EQ(QuantileSketch::precision_for(0.01), 6u);
  EXPECT_EQ(QuantileSketch::precision_for(0.2), 1u);
  EXPECT_EQ(QuantileSketch::precision_for(0.001), 9u);
}

TEST(LongSum, KeepsWhatADoubleLoses) {
  LongSum sum;
  for (double number : {1e16, 1.0, 1.0, 1.0, -1e16}) sum.add(number);
  EXPECT_EQ(sum.value(), 3);
}

}  // namespace
}  // namespace dnstorm::operators
