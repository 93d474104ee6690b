#include "operators/detect/volume_memory.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

constexpr Hour first_monday = 473'352;  // 2024-01-01
constexpr DurationNs width = 10 * ns_per_minute;
constexpr int ripe = 3;

WindowBounds window_at(TimeNs start) { return {start, start + width}; }

// 1,000 in a window by day, 200 by night.
double usual_at(TimeNs time) { return hour_of(time) % 24 < 8 ? 200 : 1000; }

void learn(VolumeMemory& memory, TimeNs from, TimeNs to, double factor = 1) {
  for (TimeNs start = from; start < to; start += width) {
    WindowBounds window = window_at(start);
    memory.learn(window, factor * usual_at(start), memory.expected(window, ripe), false);
  }
}

constexpr TimeNs week(double number) {
  return start_of(first_monday) +
         static_cast<TimeNs>(number * hours_per_week * static_cast<double>(ns_per_hour));
}

VolumeMemory memory_of(int weeks, std::size_t hours = 8 * hours_per_week) {
  VolumeMemory memory;
  memory.begin(hours, nullptr, week(0));
  learn(memory, week(0), week(weeks));
  return memory;
}

TEST(VolumeMemory, knowsTheHourOfTheWeekWhenItIsRipe) {
  VolumeMemory memory = memory_of(2);
  TimeNs night = week(3) + 2 * ns_per_hour, day = week(3) + 12 * ns_per_hour;
  EXPECT_EQ(memory.expected(window_at(night), ripe).weeks, 0);
  EXPECT_EQ(memory.expected(window_at(night), ripe).level,
            memory.expected(window_at(day), ripe).level);
  learn(memory, week(2), week(3));
  Expectation at_night = memory.expected(window_at(night), ripe);
  EXPECT_TRUE(at_night.known);
  EXPECT_EQ(at_night.weeks, 3);
  EXPECT_NEAR(at_night.level, 200, 5);
  EXPECT_NEAR(memory.expected(window_at(day), ripe).level, 1000, 20);
}

TEST(VolumeMemory, anAttackIsNotLearned) {
  VolumeMemory memory = memory_of(5);
  TimeNs day = week(5) + 12 * ns_per_hour;
  for (TimeNs start = day; start < day + 2 * ns_per_hour; start += width) {
    Expectation normal = memory.expected(window_at(start), ripe);
    EXPECT_NEAR(normal.level, 1000, 100);
    memory.learn(window_at(start), 50'000, normal, true);
  }
}

TEST(VolumeMemory, aChangeThatStaysIsUsualWithinDays) {
  VolumeMemory memory = memory_of(5);
  TimeNs later = week(5) + 26 * ns_per_hour;
  learn(memory, week(5), later, 3);
  EXPECT_GT(memory.expected(window_at(later), ripe).level * 1.5, 600);
  learn(memory, later, week(6), 3);
  EXPECT_NEAR(memory.expected(window_at(week(6) + 2 * ns_per_hour), ripe).level, 600, 60);
  // And the shift goes when the profile has it.
  learn(memory, week(6), week(14), 3);
  EXPECT_NEAR(memory.expected(window_at(week(14) + 2 * ns_per_hour), ripe).level, 600, 30);
}

TEST(VolumeMemory, beginsWithWhatIsKnownFromBefore) {
  ServerPast before;
  for (TimeNs minute = week(0); minute < week(4); minute += ns_per_minute)
    before.add(minute, {.count = usual_at(minute) / 10});
  before.history.close();
  VolumeMemory memory;
  TimeNs now = week(4) + 5 * ns_per_minute;
  memory.begin(8 * hours_per_week, &before, now);
  Expectation normal = memory.expected(window_at(now), ripe);
  EXPECT_EQ(normal.weeks, 4);
  EXPECT_NEAR(normal.level, 200, 5);
}

TEST(VolumeMemory, goesOnFromWhatWasSaved) {
  VolumeMemory memory = memory_of(4, 3 * hours_per_week);
  learn(memory, week(4), week(4.6), 1.2);
  StateWriter out;
  memory.save(out);
  std::string bytes = out.take();
  VolumeMemory again;
  StateReader in(bytes);
  ASSERT_TRUE(again.restore(in));
  EXPECT_TRUE(in.at_end());
  for (TimeNs start = week(4.6); start < week(5.3); start += width) {
    WindowBounds window = window_at(start);
    Expectation one = memory.expected(window, ripe), other = again.expected(window, ripe);
    EXPECT_EQ(one.level, other.level);
    EXPECT_EQ(one.deviation, other.deviation);
    memory.learn(window, usual_at(start), one, false);
    again.learn(window, usual_at(start), other, false);
  }
  StateReader cut(std::string_view(bytes).substr(0, bytes.size() / 2));
  VolumeMemory damaged;
  EXPECT_FALSE(damaged.restore(cut));
}

}  // namespace
}  // namespace dnstorm::operators
