// Storm's windows of tuples; the tests are named after the behaviours that they pin down.
#include "operators/windowing/tuple_window.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "operators/windowing/watermark_clock.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Tuples = TupleWindows<int>;
using Unit = WindowExtent::Unit;

// Windows as text: all, then new and expired.
struct Log {
  void operator()(const TupleWindow<int>& window) {
    all.push_back(fmt::format("{}", fmt::join(window.all, " ")));
    fresh.push_back(fmt::format("{}", fmt::join(window.fresh, " ")));
    expired.push_back(fmt::format("{}", fmt::join(window.expired, " ")));
  }
  void clear() { all.clear(), fresh.clear(), expired.clear(); }
  std::vector<std::string> all, fresh, expired;
};

// Tuples that are their own event time.
void add(Tuples& windows, Log& log, const std::vector<int>& times) {
  for (int time : times) windows.add(time, time, log);
}

TEST(TupleWindows, W1_count_window_slides_by_count) {
  Tuples windows({Unit::tuples, 5}, {Unit::tuples, 2}, Tuples::Time::processing);
  Log log;
  add(windows, log, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_THAT(log.all, ElementsAre("1 2", "1 2 3 4", "2 3 4 5 6", "4 5 6 7 8"));
  EXPECT_THAT(log.fresh, ElementsAre("1 2", "3 4", "5 6", "7 8"));
  EXPECT_THAT(log.expired, ElementsAre("", "", "1", "2 3"));
}

TEST(TupleWindows, W2_tumbling_count_window) {
  Tuples windows({Unit::tuples, 3}, {Unit::tuples, 3}, Tuples::Time::processing);
  Log log;
  add(windows, log, {1, 2, 3, 4, 5, 6});
  EXPECT_THAT(log.all, ElementsAre("1 2 3", "4 5 6"));
  EXPECT_THAT(log.expired, ElementsAre("", "1 2 3"));
}

TEST(TupleWindows, W3_compacts_without_a_trigger_but_not_before_the_first_watermark) {
  Tuples windows({Unit::tuples, 5}, {Unit::time, 3600}, Tuples::Time::processing);
  Tuples by_event_time({Unit::tuples, 5}, {Unit::time, 3600}, Tuples::Time::event);
  Log log;
  for (int i = 1; i <= 100; ++i) {
    add(windows, log, {i});
    add(by_event_time, log, {i});
  }
  EXPECT_THAT(log.all, IsEmpty());
  ASSERT_EQ(windows.expired().size(), 95U);
  EXPECT_EQ(windows.expired().front(), 1);
  EXPECT_EQ(windows.expired().back(), 95);
  EXPECT_EQ(windows.size(), 5U);
  EXPECT_THAT(by_event_time.expired(), IsEmpty());
  EXPECT_EQ(by_event_time.size(), 100U);
}

TEST(TupleWindows, W4_W5_event_time_slides_and_skips_empty_windows) {
  Tuples windows({Unit::time, 20}, {Unit::time, 10}, Tuples::Time::event);
  Log log;
  add(windows, log, {603, 605, 607});
  windows.watermark(609, log);
  EXPECT_THAT(log.all, IsEmpty());
  add(windows, log, {618, 626, 636});
  windows.watermark(631, log);
  EXPECT_THAT(log.all, ElementsAre("603 605 607", "603 605 607 618", "618 626"));
  EXPECT_THAT(log.expired, ElementsAre("", "", "603 605 607"));
  EXPECT_THAT(log.fresh, ElementsAre("603 605 607", "618", "626"));
  log.clear();
  add(windows, log, {825, 826, 827, 839});
  windows.watermark(834, log);
  EXPECT_THAT(log.all, ElementsAre("626 636", "636", "825 826 827"));
}

TEST(TupleWindows, W7_time_window_evaluated_every_three_tuples) {
  Tuples windows({Unit::time, 20}, {Unit::tuples, 3}, Tuples::Time::event);
  Log log;
  add(windows, log, {603, 605, 607, 618, 625, 626, 629, 636});
  windows.watermark(631, log);
  EXPECT_THAT(log.all, ElementsAre("603 605 607", "607 618 625 626"));
  log.clear();
  add(windows, log, {665, 666, 667, 669, 679});
  windows.watermark(674, log);
  EXPECT_THAT(log.all, ElementsAre("665", "665 666 667 669"));
}

TEST(TupleWindows, a_count_window_of_event_time_slides_by_count) {
  Tuples windows({Unit::tuples, 3}, {Unit::tuples, 2}, Tuples::Time::event);
  Log log;
  add(windows, log, {603, 605, 607, 618, 625, 626, 629, 636});
  windows.watermark(631, log);
  EXPECT_THAT(log.all, ElementsAre("603 605", "605 607 618", "618 625 626"));
}

TEST(TupleWindows, W10_processing_time_expires_what_is_as_old_as_the_window) {
  constexpr TimeNs now = 5000;
  Tuples windows({Unit::time, 1000}, {Unit::time, 3600}, Tuples::Time::processing);
  Log log;
  for (int i = 1; i <= 5; ++i) windows.add(i, now - 1000, log);
  for (int i = 6; i <= 8; ++i) windows.add(i, now - 999, log);
  windows.trigger(now, log);
  EXPECT_THAT(log.all, ElementsAre("6 7 8"));
  EXPECT_THAT(log.expired, ElementsAre("1 2 3 4 5"));
  log.clear();
  // Compaction goes by the time of the last window; what it drops is in the next one's list.
  for (int i = 9; i <= 108; ++i) windows.add(i, now - 1000, log);
  EXPECT_EQ(windows.expired().size(), 0U) << "the first tuple stays";
  windows.trigger(now + 1, log);
  EXPECT_THAT(log.all, IsEmpty());
  for (int i = 1; i <= 100; ++i) windows.add(i, i <= 95 ? now - 1000 : now + 1, log);
  EXPECT_EQ(windows.expired().size(), 95U);
  windows.trigger(now + 2, log);
  EXPECT_THAT(log.all, ElementsAre("96 97 98 99 100"));
  ASSERT_EQ(log.expired.size(), 1U);
  EXPECT_EQ(std::count(log.expired[0].begin(), log.expired[0].end(), ' '), 94);
}

// W14 looks at the windows of a cluster; their contents are those of a recomputation here too.
TEST(TupleWindows, W14_count_windows_are_what_a_recomputation_gives) {
  const std::pair<int, int> shapes[] = {{5, 10},    {1, 1},     {10, 5},   {100, 10},
                                        {100, 100}, {200, 100}, {500, 100}};
  for (auto [length, slide] : shapes) {
    Tuples windows({Unit::tuples, length}, {Unit::tuples, slide}, Tuples::Time::processing);
    std::vector<std::vector<int>> got;
    std::vector<std::vector<int>> expected;
    for (int i = 1; i <= 1500; ++i) {
      windows.add(i, i, [&](const TupleWindow<int>& window) { got.push_back(window.all); });
      if (i % slide != 0) continue;
      expected.emplace_back();
      for (int j = std::max(1, i - length + 1); j <= i; ++j) expected.back().push_back(j);
    }
    EXPECT_EQ(got, expected) << length << " by " << slide;
  }
}

TEST(TupleWindows, W14_time_windows_are_what_a_recomputation_gives) {
  const std::pair<int, int> shapes[] = {{1, 1}, {5, 2}, {2, 5}, {20, 5}, {20, 10}};
  for (auto [length, slide] : shapes) {
    Tuples windows({Unit::time, length}, {Unit::time, slide}, Tuples::Time::event);
    std::vector<std::vector<int>> got;
    std::vector<int> times;
    for (int i = 0; i < 400; ++i) {
      times.push_back(7 + i + i / 50 * 40);
      auto use = [&](const TupleWindow<int>& window) { got.push_back(window.all); };
      windows.add(times.back(), times.back(), use);
      if (i % 7 == 6) windows.watermark(times.back(), use);
    }
    windows.watermark(2000, [&](const TupleWindow<int>& window) { got.push_back(window.all); });
    std::vector<std::vector<int>> expected;
    for (int end = slide; end <= 2000; end += slide) {
      std::vector<int> window;
      for (int time : times)
        if (time > end - length && time <= end) window.push_back(time);
      if (!window.empty()) expected.push_back(window);
    }
    EXPECT_EQ(got, expected) << length << " by " << slide;
  }
}

TEST(WatermarkClock, W11_trails_the_slowest_stream_by_the_lag) {
  WatermarkClock one(1, 5);
  EXPECT_EQ(one.advance(), std::nullopt) << "no events";
  EXPECT_TRUE(one.see(0, 100));
  EXPECT_TRUE(one.see(0, 110));
  EXPECT_EQ(one.advance(), 105);
  EXPECT_EQ(one.advance(), std::nullopt);
  EXPECT_FALSE(one.see(0, 104));
  EXPECT_TRUE(one.see(0, 105));
  EXPECT_TRUE(one.see(0, 106));
  WatermarkClock two(2, 5);
  two.see(0, 110);
  EXPECT_EQ(two.advance(), std::nullopt);
  two.see(1, 98);
  EXPECT_EQ(two.advance(), 93);
}

}  // namespace
}  // namespace dnstorm::operators
