#include "operators/season/seen.hpp"

#include <gtest/gtest.h>

#include "tests/unit/operators/season/year.hpp"

namespace dnstorm::operators {
namespace {

using testing::year_begin;

// Each minute of the hours from Monday on has what `count` says of its hour.
template <class Count>
History history_of(Hour hours, Count&& count) {
  History history;
  for (Hour hour = 0; hour < hours; ++hour)
    for (int m = 0; m < 60; ++m)
      if (double value = count(hour); value > 0)
        history.add(start_of(year_begin + hour) + m * ns_per_minute, value + (m == 9 ? 5 : 0));
  history.close();
  return history;
}

TEST(Seen, shows_the_first_hour_as_soon_as_it_is_there) {
  History history = history_of(1, [](Hour) { return 100; });
  auto hours = seen_hours(seen_of({&history}), history.end(), 4);
  EXPECT_EQ(hours[0].middle, 100);
  EXPECT_EQ(hours[0].peak, 105);
  EXPECT_EQ(hours[0].weeks, 1);
  EXPECT_EQ(hours[1].weeks, 0);
}

TEST(Seen, is_the_median_of_the_newest_weeks) {
  History history = history_of(4 * hours_per_week, [](Hour hour) {
    return 100. * static_cast<double>(1 + hour / hours_per_week);
  });
  auto hours = seen_hours(seen_of({&history}), history.end(), 3);
  EXPECT_EQ(hours[27].middle, 300);
  EXPECT_EQ(hours[27].peak, 405);
  EXPECT_EQ(hours[27].weeks, 3);
}

TEST(Seen, of_several_is_their_sum_where_all_are_known) {
  History one = history_of(30, [](Hour) { return 100; });
  History other = history_of(30, [](Hour hour) { return hour < 10 ? 0 : 50; });
  auto hours = seen_hours(seen_of({&one, &other}), year_begin + 30, 1);
  EXPECT_EQ(hours[9].weeks, 0);
  EXPECT_EQ(hours[10].middle, 150);
}

TEST(Seen, has_the_p99_minute_of_each_week_of_which_a_day_is_known) {
  History history = history_of(hours_per_week + 20, [](Hour hour) {
    return hour % 50 == 0 ? 2000. : 1000.;  // four hours of 168: more than one of a hundred
  });
  auto weeks = seen_weeks(seen_of({&history}));
  ASSERT_EQ(weeks.size(), 1U);
  EXPECT_EQ(weeks[0].begin, year_begin);
  EXPECT_EQ(weeks[0].hours, 168);
  EXPECT_NEAR(weeks[0].p99, 2000, 20);
}

TEST(Seen, of_nothing_is_nothing) {
  LoadView none = seen_of({});
  EXPECT_EQ(none.begin, none.end);
  EXPECT_TRUE(seen_weeks(none).empty());
}

}  // namespace
}  // namespace dnstorm::operators
