#include "operators/detect/distinct_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace dnstorm::operators {
namespace {

std::vector<std::uint64_t> things(std::uint64_t count, std::uint64_t series) {
  std::vector<std::uint64_t> hashes(count);
  for (std::uint64_t i = 0; i < count; ++i) hashes[i] = hash_number(series * 1'000'000 + i + 1);
  return hashes;
}
DistinctSample sample_of(const std::vector<std::uint64_t>& hashes) {
  DistinctSample sample;
  for (std::uint64_t hash : hashes) sample.add(hash), sample.add(hash);
  return sample;
}

TEST(DistinctSample, isAsNearAsItSays) {
  const std::pair<std::uint64_t, double> cases[] = {
      {10, 0.03}, {90, 0.05}, {120, 0.14}, {300, 0.15}, {1000, 0.17}, {5000, 0.16}, {50'000, 0.16}};
  constexpr std::uint64_t series = 300;
  for (auto [count, error] : cases) {
    double sum = 0, squares = 0;
    for (std::uint64_t i = 0; i < series; ++i) {
      double found = sample_of(things(count, i)).estimate() / static_cast<double>(count);
      sum += found;
      squares += (found - 1) * (found - 1);
    }
    EXPECT_NEAR(sum / series, 1, 0.03) << count;
    EXPECT_LE(std::sqrt(squares / series), error) << count;
  }
}

TEST(DistinctSample, dependsOnTheSetAloneAndIsRestored) {
  std::mt19937_64 dice(7);
  for (std::uint64_t count : {0U, 16U, 17U, 95U, 110U, 500U, 4000U}) {
    std::vector<std::uint64_t> hashes = things(count, 3);
    DistinctSample sample = sample_of(hashes);
    std::shuffle(hashes.begin(), hashes.end(), dice);
    EXPECT_EQ(sample_of(hashes).estimate(), sample.estimate()) << count;

    StateWriter out;
    sample.save(out);
    std::string state = out.take();
    DistinctSample again;
    again.add(1);
    StateReader in(state);
    ASSERT_TRUE(again.restore(in));
    EXPECT_EQ(again.estimate(), sample.estimate()) << count;
    for (std::uint64_t hash : things(2000, 5)) again.add(hash), sample.add(hash);
    EXPECT_EQ(again.estimate(), sample.estimate()) << "it goes on as the other one does";
    again.clear();
    EXPECT_EQ(again.estimate(), 0);
  }
}

}  // namespace
}  // namespace dnstorm::operators
