#include "engine/telemetry/sampler.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace dnstorm {
namespace {

constexpr TimeNs ms = ns_per_ms;

TEST(Sampler, LetsEverythingThroughBelowTheRate) {
  Sampler sampler(100);
  for (TimeNs now = 0; now < 5 * ns_per_s; now += 100 * ms) EXPECT_EQ(sampler.admit(now, 10), 10u);
}

TEST(Sampler, SpreadsTheRateOverTheSecond) {
  Sampler sampler(100);
  EXPECT_EQ(sampler.admit(0, 1000), 10u);
  EXPECT_EQ(sampler.admit(99 * ms, 1000), 0u);
  EXPECT_EQ(sampler.admit(100 * ms, 1000), 10u);
}

TEST(Sampler, ASmallRateIsHeldToo) {
  Sampler sampler(3);
  std::size_t admitted = 0;
  for (TimeNs now = 0; now < ns_per_s; now += ms) admitted += sampler.admit(now, 5);
  EXPECT_EQ(admitted, 3u);
  EXPECT_EQ(sampler.admit(ns_per_s, 5), 1u);
}

TEST(Sampler, NoSecondHasMoreThanTheRateWhereverItBegins) {
  constexpr std::size_t rate = 37;
  Sampler sampler(rate);
  std::mt19937 random(7);
  std::vector<TimeNs> times;
  TimeNs now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += static_cast<TimeNs>(random() % (3 * ms));
    std::size_t admitted = sampler.admit(now, random() % 20);
    times.insert(times.end(), admitted, now);
  }
  ASSERT_GT(times.size(), 500u);
  for (std::size_t i = rate; i < times.size(); ++i)
    ASSERT_GE(times[i] - times[i - rate], ns_per_s) << i;
}

}  // namespace
}  // namespace dnstorm
