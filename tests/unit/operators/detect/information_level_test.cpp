#include "operators/detect/information_level.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

const InformationLevel::Settings settings;

// Seconds until a tunnel of so many bytes per second is over the threshold; 0: never in a day.
int seconds_to_alarm(double rate) {
  InformationLevel level;
  for (int second = 10; second <= 86'400; second += 10) {
    level.add(second * ns_per_s, rate * 10, settings);
    if (level.bytes() >= settings.threshold) return second;
  }
  return 0;
}

TEST(InformationLevel, reaches_the_threshold_in_the_time_that_is_documented) {
  EXPECT_EQ(seconds_to_alarm(1000), 10);
  EXPECT_EQ(seconds_to_alarm(100), 20);
  EXPECT_NEAR(seconds_to_alarm(1), 1500 / 0.75, 20);
  EXPECT_EQ(seconds_to_alarm(0.24), 0);
}

TEST(InformationLevel, is_over_soon_after_the_tunnel_and_knows_all_of_it) {
  InformationLevel level;
  for (int second = 10; second <= 1000; second += 10) level.add(second * ns_per_s, 5'000, settings);
  EXPECT_EQ(level.total(), 500'000);
  EXPECT_EQ(level.first(), 10 * ns_per_s);
  EXPECT_EQ(level.bytes(), 2'250);
  level.add((1'000 + 3'010) * ns_per_s, 0, settings);
  EXPECT_LT(level.bytes(), settings.threshold);
  level.add(20'000 * ns_per_s, 30, settings);
  EXPECT_EQ(level.total(), 30) << "it begins anew";
  EXPECT_EQ(level.kept_until(), (20'000 + 120) * ns_per_s);
}

TEST(InformationLevel, is_the_same_after_a_checkpoint) {
  InformationLevel level, restored;
  level.add(10 * ns_per_s, 700, settings);
  StateWriter out;
  level.save(out);
  std::string state = out.take();
  StateReader in(state);
  ASSERT_TRUE(restored.restore(in) && in.at_end());
  for (InformationLevel* each : {&level, &restored}) each->add(50 * ns_per_s, 500, settings);
  EXPECT_EQ(restored.bytes(), level.bytes());
  EXPECT_EQ(restored.total(), level.total());
  EXPECT_EQ(restored.kept_until(), level.kept_until());
}

}  // namespace
}  // namespace dnstorm::operators
