#include "operators/season/history.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

constexpr Hour monday = 473'352;  // 2024-01-01

void add_hour(History& history, Hour hour, double count, int minutes = 60) {
  for (int m = 0; m < minutes; ++m) history.add(start_of(hour) + m * ns_per_minute, count);
}

TEST(Hours, weeks_begin_on_monday) {
  EXPECT_EQ(hour_of_week(monday), 0);
  EXPECT_EQ(hour_of_week(monday - 1), 167);
  EXPECT_EQ(week_of(monday), week_of(monday + 167));
  EXPECT_EQ(week_of(monday) - 1, week_of(monday - 1));
  EXPECT_EQ(hour_of_week(-1), 71);  // the Wednesday before 1970
  EXPECT_EQ(hour_of(-1), -1);
  EXPECT_EQ(name_of_slot(27), "Tue 03:00");
}

TEST(History, summarises_hours_whatever_the_order_of_their_minutes) {
  History history;
  for (int m = 59; m >= 0; --m) history.add(start_of(monday) + m * ns_per_minute, m + 1, 2);
  history.add(start_of(monday), 10);  // the same minute once more
  EXPECT_TRUE(history.empty());
  history.close();
  HourSummary hour = history.at(monday);
  EXPECT_EQ(hour.minutes, 60U);
  EXPECT_FLOAT_EQ(hour.median, 30.5);
  EXPECT_FLOAT_EQ(hour.high, 57);
  EXPECT_FLOAT_EQ(hour.peak, 60);
  EXPECT_FLOAT_EQ(hour.drops, 120);
}

TEST(History, does_not_see_an_attack_of_half_an_hour_in_the_median) {
  History history;
  for (int m = 0; m < 60; ++m)
    history.add(start_of(monday) + m * ns_per_minute, m < 29 ? 90'000 : 100);
  history.close();
  EXPECT_FLOAT_EQ(history.at(monday).median, 100);
  EXPECT_FLOAT_EQ(history.at(monday).peak, 90'000);
}

TEST(History, keeps_holes_apart_from_hours_and_refuses_what_comes_too_late) {
  History history;
  add_hour(history, monday, 5);
  add_hour(history, monday + 3, 7);
  EXPECT_TRUE(history.add(start_of(monday + 3), 1));
  EXPECT_FALSE(history.add(start_of(monday + 2), 1));
  history.close();
  EXPECT_FALSE(history.add(start_of(monday + 3), 1));
  EXPECT_EQ(history.begin(), monday);
  EXPECT_EQ(history.end(), monday + 4);
  EXPECT_EQ(history.at(monday + 1).minutes, 0U);
  EXPECT_FLOAT_EQ(history.at(monday + 3).median, 7);
  EXPECT_EQ(history.at(monday - 1).minutes, 0U);
}

TEST(History, remembers_no_more_hours_than_it_may) {
  History history(48);
  for (Hour hour = 0; hour < 100; ++hour) add_hour(history, monday + hour, 1);
  history.close();
  EXPECT_EQ(history.begin(), monday + 52);
  EXPECT_EQ(history.end(), monday + 100);
  add_hour(history, monday + 1'000'000, 1);  // a clock that was wrong costs no memory
  history.close();
  EXPECT_EQ(history.end() - history.begin(), 1);
}

TEST(History, merges_to_the_better_known_hours) {
  History a, b;
  add_hour(a, monday, 5), add_hour(a, monday + 1, 5, 20);
  add_hour(b, monday + 1, 9, 50), add_hour(b, monday + 4, 9);
  a.close(), b.close();
  a.merge(b);
  EXPECT_EQ(a.begin(), monday);
  EXPECT_EQ(a.end(), monday + 5);
  EXPECT_FLOAT_EQ(a.at(monday).median, 5);
  EXPECT_FLOAT_EQ(a.at(monday + 1).median, 9);
  EXPECT_EQ(a.at(monday + 2).minutes, 0U);
}

TEST(History, goes_on_from_what_was_saved) {
  History history(100);
  add_hour(history, monday, 5);
  add_hour(history, monday + 2, 8, 30);
  StateWriter out;
  history.save(out);
  std::string bytes = out.take();
  History again(100);
  StateReader in(bytes);
  ASSERT_TRUE(again.restore(in));
  EXPECT_TRUE(in.at_end());
  for (History* one : {&history, &again}) {
    EXPECT_FALSE(one->add(start_of(monday + 1), 1));
    one->close();
    EXPECT_EQ(one->at(monday + 2).minutes, 30U);
    EXPECT_EQ(one->end(), monday + 3);
  }
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    StateReader cut(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(again.restore(cut));
  }
}

}  // namespace
}  // namespace dnstorm::operators
