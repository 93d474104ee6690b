#include "operators/count/hyperloglog.hpp"

#include <random>

#include "engine/api/batch.hpp"
#include "operators/count/distinct_counter.hpp"

namespace dnstorm::operators {
namespace {

TEST(HyperLogLog, an_empty_sketch_estimates_zero) { EXPECT_EQ(HyperLogLog(14).estimate(), 0); }

TEST(HyperLogLog, estimates_stay_within_four_standard_errors_over_the_whole_range) {
  for (std::uint8_t precision :
       {std::uint8_t{4}, std::uint8_t{10}, std::uint8_t{14}, std::uint8_t{18}}) {
    HyperLogLog sketch(precision);
    std::uint64_t next_check = 1;
    for (std::uint64_t n = 1; n <= 4'000'000; ++n) {
      sketch.add(hash_number(n * 0x9e3779b97f4a7c15ULL));
      if (n != next_check) continue;
      next_check = next_check * 3 / 2 + 1;
      double error = std::abs(sketch.estimate() / static_cast<double>(n) - 1);
      EXPECT_LE(error, 4 * sketch.standard_error())
          << "precision " << int{precision} << ", n " << n;
    }
  }
}

// 200 independent sketches: no bias, and the spread that the formula says.
TEST(HyperLogLog, is_unbiased_with_the_standard_error_that_is_documented) {
  for (std::uint64_t n : {500U, 5'000U, 50'000U}) {
    double sum = 0;
    double squares = 0;
    constexpr int runs = 200;
    double expected = 0;
    for (int run = 0; run < runs; ++run) {
      HyperLogLog sketch(10);
      expected = sketch.standard_error();
      for (std::uint64_t i = 0; i < n; ++i)
        sketch.add(hash_combine(static_cast<std::uint64_t>(run), i));
      double error = sketch.estimate() / static_cast<double>(n) - 1;
      sum += error;
      squares += error * error;
    }
    EXPECT_LE(std::abs(sum / runs), 3 * expected / std::sqrt(runs)) << n;
    EXPECT_LE(std::sqrt(squares / runs), 1.15 * expected) << n;
  }
}

TEST(HyperLogLog, neither_order_nor_repetition_nor_division_matters) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 100'000; ++i) hashes.push_back(hash_number(i + 99));
  HyperLogLog forward(12);
  for (std::uint64_t hash : hashes) forward.add(hash);
  std::shuffle(hashes.begin(), hashes.end(), std::mt19937_64(5));
  HyperLogLog parts[] = {HyperLogLog(12), HyperLogLog(12), HyperLogLog(12)};
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    parts[i % 3].add(hashes[i]);
    parts[i % 2].add(hashes[i]);
  }
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  EXPECT_EQ(parts[0].registers(), forward.registers());
}

TEST(HyperLogLog, takes_hashes_without_a_bit_set) {
  HyperLogLog sketch(4);
  for (std::uint64_t i = 0; i < 16; ++i) sketch.add(i);
  EXPECT_GT(sketch.estimate(), 1e15) << "all registers are full";
}

TEST(DistinctCounter, is_exact_up_to_its_limit_and_estimates_beyond) {
  DistinctCounter counter(14, 1000);
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t i = 0; i < 1000; ++i) counter.add(hash_number(i + 1));
  EXPECT_EQ(counter.count(), 1000U);
  EXPECT_EQ(counter.relative_error(), 0);
  for (std::uint64_t i = 0; i < 1001; ++i) counter.add(hash_number(i + 1));
  EXPECT_NEAR(static_cast<double>(counter.count()), 1001, 1001 * 4 * 0.0082);
  EXPECT_NEAR(counter.relative_error(), 0.008125, 1e-6);
}

TEST(DistinctCounter, the_switch_does_not_depend_on_order) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 50'000; ++i) hashes.push_back(hash_number(i % 20'000));
  DistinctCounter first(12, 4096);
  for (std::uint64_t hash : hashes) first.add(hash);
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    std::shuffle(hashes.begin(), hashes.end(), std::mt19937_64(seed));
    DistinctCounter again(12, 4096);
    for (std::uint64_t hash : hashes) again.add(hash);
    EXPECT_EQ(again.count(), first.count());
  }
}

TEST(DistinctCounter, counts_two_million_exactly_when_asked_to) {
  DistinctCounter counter(14, DistinctCounter::always_exact);
  for (std::uint64_t i = 0; i < 2'000'000; ++i) counter.add(hash_number(i));
  EXPECT_EQ(counter.count(), 2'000'000U);
  EXPECT_EQ(counter.relative_error(), 0);
}

TEST(DistinctCounter, starts_anew_after_clear) {
  DistinctCounter counter(10, 100);
  for (std::uint64_t size : {5U, 50'000U, 3U, 90U, 101U, 0U, 1U}) {
    for (std::uint64_t i = 0; i < size; ++i) counter.add(hash_number(i + 7));
    // Four standard errors beyond the exact range.
    double tolerance = size <= 100 ? 0 : 0.13 * static_cast<double>(size);
    EXPECT_NEAR(static_cast<double>(counter.count()), static_cast<double>(size), tolerance);
    counter.clear();
  }
}

TEST(DistinctCounter, the_hash_zero_counts) {
  DistinctCounter counter(10, 100);
  counter.add(0);
  counter.add(0);
  EXPECT_EQ(counter.count(), 1U);
}

}  // namespace
}  // namespace dnstorm::operators
