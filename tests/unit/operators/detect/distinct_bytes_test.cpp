#include "operators/detect/distinct_bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {
namespace {

// As long as a label: 1 to 63 bytes.
std::uint32_t size_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash % 63) + 1; }

TEST(DistinctBytes, is_exact_as_long_as_the_sample_holds_all) {
  DistinctBytes bytes;
  EXPECT_EQ(bytes.estimate(), 0);
  double sum = 0;
  for (std::uint64_t i = 0; i < DistinctBytes::sample_max; ++i) {
    std::uint64_t hash = hash_number(i + 1);
    sum += size_of(hash);
    for (int repeat = 0; repeat < 3; ++repeat) bytes.add(hash, size_of(hash));
  }
  EXPECT_DOUBLE_EQ(bytes.estimate(), sum);
}

// 300 independent sketches: no bias, and a spread within what is documented.
TEST(DistinctBytes, is_unbiased_with_the_standard_error_that_is_documented) {
  for (std::uint64_t n : {100U, 1'000U, 20'000U}) {
    double sum = 0;
    double squares = 0;
    constexpr int runs = 300;
    double expected = 1 / std::sqrt(static_cast<double>(DistinctBytes::sample_max) - 1);
    for (int run = 0; run < runs; ++run) {
      DistinctBytes bytes;
      double truth = 0;
      for (std::uint64_t i = 0; i < n; ++i) {
        std::uint64_t hash = hash_combine(static_cast<std::uint64_t>(run) + 1, i);
        bytes.add(hash, size_of(hash));
        truth += size_of(hash);
      }
      double error = bytes.estimate() / truth - 1;
      sum += error;
      squares += error * error;
    }
    EXPECT_LE(std::abs(sum / runs), 3 * expected / std::sqrt(runs)) << n;
    EXPECT_LE(std::sqrt(squares / runs), 1.1 * expected) << n;
  }
}

TEST(DistinctBytes, neither_order_nor_repetition_nor_division_matters) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t i = 0; i < 5'000; ++i) hashes.push_back(hash_number(i + 77));
  DistinctBytes forward;
  for (std::uint64_t hash : hashes) forward.add(hash, size_of(hash));
  std::shuffle(hashes.begin(), hashes.end(), std::mt19937_64(5));
  DistinctBytes parts[3];
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    parts[i % 3].add(hashes[i], size_of(hashes[i]));
    parts[i % 2].add(hashes[i], size_of(hashes[i]));
  }
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  EXPECT_EQ(parts[0].estimate(), forward.estimate()) << "to the last bit";
  parts[0].clear();
  EXPECT_EQ(parts[0].estimate(), 0);
}

TEST(DistinctBytes, is_the_same_after_a_checkpoint) {
  DistinctBytes bytes;
  for (std::uint64_t i = 0; i < 1'000; ++i) bytes.add(hash_number(i), size_of(i));
  StateWriter out;
  bytes.save(out);
  std::string state = out.take();
  DistinctBytes restored;
  StateReader in(state);
  ASSERT_TRUE(restored.restore(in) && in.at_end());
  EXPECT_EQ(restored.estimate(), bytes.estimate());
  bytes.add(hash_number(5'000), 63);
  restored.add(hash_number(5'000), 63);
  EXPECT_EQ(restored.estimate(), bytes.estimate());
  for (std::size_t size = 0; size < state.size(); size += 7) {
    StateReader cut(std::string_view(state).substr(0, size));
    DistinctBytes damaged;
    EXPECT_FALSE(damaged.restore(cut)) << size;
  }
}

}  // namespace
}  // namespace dnstorm::operators
