#include "operators/detect/alarm.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

const AlarmSettings settings = {.raise_after = 2};

WindowBounds window(TimeNs number) {
  return {number * 10 * ns_per_s, (number + 1) * 10 * ns_per_s};
}
Finding finding(double score) { return {score, severity_of(score), {}}; }

TEST(Alarm, isRaisedAfterWindowsOneBehindTheOther) {
  Alarm alarm;
  EXPECT_EQ(alarm.take(finding(1), window(0), settings), std::nullopt);
  EXPECT_EQ(alarm.take(finding(1), window(2), settings), std::nullopt);
  EXPECT_FALSE(alarm.raised());
  EXPECT_EQ(alarm.take(finding(1), window(3), settings), EventState::opened);
  EXPECT_EQ(alarm.start(), 20 * ns_per_s);
  EXPECT_EQ(alarm.ends_at(settings), 100 * ns_per_s);
}

TEST(Alarm, isToldOfAgainAfterAWhileOrWhenItIsGraver) {
  Alarm alarm;
  alarm.take(finding(1), window(0), settings);
  EXPECT_EQ(alarm.take(finding(1), window(1), settings), EventState::opened);
  EXPECT_EQ(alarm.take(finding(1), window(2), settings), std::nullopt);
  EXPECT_EQ(alarm.take(finding(6), window(3), settings), EventState::updated);
  EXPECT_EQ(alarm.take(finding(4), window(8), settings), std::nullopt);
  EXPECT_EQ(alarm.take(finding(4), window(9), settings), EventState::updated);
  EXPECT_EQ(alarm.worst().score, 6);
}

TEST(Alarm, isTheSameAfterItWasSaved) {
  Alarm alarm;
  alarm.take(finding(1), window(0), settings);
  StateWriter out;
  alarm.save(out);
  std::string bytes = out.take();
  StateReader in(bytes);
  Alarm restored;
  ASSERT_TRUE(restored.restore(in));
  EXPECT_EQ(restored.take(finding(1), window(1), settings), EventState::opened);
}

}  // namespace
}  // namespace dnstorm::operators
