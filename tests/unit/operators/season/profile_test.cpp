#include "operators/season/profile.hpp"

#include <gtest/gtest.h>

#include "tests/unit/operators/season/year.hpp"

namespace dnstorm::operators {
namespace {

using testing::season_cases;
using testing::Year;
using testing::year_begin;

// A week like a sawtooth: 1000 in the first hour, 1167 in the last.
double sawtooth(Hour hour) { return 1000 + hour_of_week(hour); }

History history_of(int weeks, const std::function<double(Hour)>& count) {
  History history;
  for (Hour hour = year_begin; hour < year_begin + weeks * hours_per_week; ++hour)
    for (int m = 0; m < 60; ++m) {
      double value = count(hour);
      if (value >= 0) history.add(start_of(hour) + m * ns_per_minute, value);
    }
  history.close();
  return history;
}

TEST(Profile, wants_a_day_at_least) {
  EXPECT_FALSE(Profile::fit(History()).has_value());
  History day;
  for (int m = 0; m < 24 * 60; ++m) day.add(start_of(year_begin) + m * ns_per_minute, 60);
  EXPECT_FALSE(Profile::fit(day).has_value());  // the 24th hour is open
  day.close();
  auto profile = Profile::fit(day);
  ASSERT_TRUE(profile.has_value());
  // Other days are taken to be like the one that is known.
  EXPECT_NEAR(profile->load(year_begin + 100).expected(), 60, 0.01);
}

TEST(Profile, repeats_what_is_always_the_same) {
  auto profile = Profile::fit(history_of(3, sawtooth));
  ASSERT_TRUE(profile.has_value());
  for (Hour hour = profile->end(); hour < profile->end() + hours_per_week; ++hour)
    EXPECT_NEAR(profile->load(hour).expected(), sawtooth(hour), 0.1);
  EXPECT_EQ(profile->weeks(), 3);
}

TEST(Profile, does_not_learn_attacks_holidays_and_holes) {
  auto profile = Profile::fit(history_of(8, [](Hour hour) -> double {
    Hour since = hour - year_begin;
    if (since >= 200 && since < 230) return 1e6;     // an attack of 30 hours
    if (since >= 400 && since < 424) return 300;     // a holiday
    if (since >= 500 && since < 640) return -1;      // most of a week is not known
    if (since >= 840 && since < 1008) return 50000;  // a whole week of attack
    return sawtooth(hour);
  }));
  ASSERT_TRUE(profile.has_value());
  for (Hour hour = profile->end(); hour < profile->end() + hours_per_week; ++hour)
    EXPECT_NEAR(profile->load(hour).expected(), sawtooth(hour), 0.01 * sawtooth(hour));
}

TEST(Profile, knows_growth_by_factors_and_by_amounts) {
  auto week = [](Hour hour) { return static_cast<double>(hour - year_begin) / hours_per_week; };
  auto factors = Profile::fit(
      history_of(40, [&](Hour hour) { return sawtooth(hour) * std::pow(1.02, week(hour)); }));
  auto amounts = Profile::fit(
      history_of(40, [&](Hour hour) { return sawtooth(hour) * (1 + week(hour) / 20); }));
  EXPECT_LT(factors->trend().linear(), 0.01);
  EXPECT_NEAR(factors->trend().growth(), std::log(1.02), 0.0005);
  EXPECT_GT(amounts->trend().linear(), 0.99);
  Hour later = year_begin + 90 * hours_per_week + 50;
  EXPECT_NEAR(factors->load(later).expected() / (sawtooth(later) * std::pow(1.02, week(later))), 1,
              0.02);
  EXPECT_NEAR(amounts->load(later).expected() / (sawtooth(later) * (1 + week(later) / 20)), 1,
              0.02);
}

TEST(Profile, takes_holidays_that_it_is_told_of_for_sundays) {
  std::int64_t day = day_of(year_begin) + 4 * 7 + 2;  // a Wednesday to come
  auto profile = Profile::fit(history_of(4, sawtooth), {.holidays = {day}});
  EXPECT_NEAR(profile->load(day * 24 + 5).expected(), sawtooth(year_begin + 6 * 24 + 5), 0.1);
  EXPECT_NEAR(profile->load(day * 24 + 24).expected(), sawtooth(year_begin + 3 * 24), 0.1);
}

TEST(Profile, is_of_the_hours_before_an_end_only) {
  History whole = history_of(
      6, [](Hour hour) { return hour < year_begin + 3 * hours_per_week ? sawtooth(hour) : 7.0; });
  Hour end = year_begin + 3 * hours_per_week;
  auto before = Profile::fit(whole, {}, end), same = Profile::fit(history_of(3, sawtooth));
  EXPECT_EQ(before->end(), end);
  EXPECT_EQ(before->load(end + 30).expected(), same->load(end + 30).expected());
}

TEST(HourLoad, is_a_distribution) {
  HourLoad load{.middle = std::log1p(1000.0), .hour_spread = 0.03, .minute_spread = 0.04};
  EXPECT_NEAR(load.spread(), 0.05, 1e-12);
  EXPECT_NEAR(load.level(0.5), 1000, 1e-6);
  EXPECT_NEAR(load.exceeds(load.level(0.99)), 0.01, 1e-9);
  EXPECT_EQ((HourLoad{.middle = std::log1p(10.0)}).exceeds(11), 0);
  EXPECT_EQ((HourLoad{.middle = std::log1p(10.0)}).exceeds(9), 1);
  Band band = band_of(load, 0.9);
  EXPECT_NEAR(band.high / 1000, std::exp(1.645 * 0.03), 1e-3);
  EXPECT_LT(band.low, band.expected);
}

struct Score {
  double error = 0, naive = 0;  // sums of relative errors
  double inside = 0;            // hours within the band of 90 %
  double hours = 0;
};

// One week ahead, from four points of a year.
Score score_year(std::uint64_t seed) {
  Year year(seed);
  History history;
  year.fill(history, 0, 52 * hours_per_week);
  Score score;
  for (Hour origin : {12, 26, 40, 52}) {
    Hour now = year_begin + origin * hours_per_week;
    auto profile = Profile::fit(history, {}, now);
    for (Hour hour = now; hour < now + hours_per_week; ++hour) {
      double actual = year.actual(hour);
      Band band = band_of(profile->load(hour), 0.9);
      HourSummary last = history.at(hour - hours_per_week);
      score.error += std::abs(band.expected - actual) / actual;
      score.naive += std::abs((last.minutes == 0 ? 0 : last.median) - actual) / actual;
      score.inside += band.low <= actual && actual <= band.high ? 1 : 0;
      ++score.hours;
    }
  }
  return score;
}

TEST(SeasonOracle, forecasts_a_week_ahead_within_ten_per_cent) {
  unsigned cases = season_cases(20);
  double error = 0, naive = 0, inside = 0, worst = 0;
  for (unsigned seed = 0; seed < cases; ++seed) {
    Score score = score_year(seed);
    error += score.error / score.hours / cases;
    naive += score.naive / score.hours / cases;
    inside += score.inside / score.hours / cases;
    worst = std::max(worst, score.error / score.hours);
  }
  std::printf(
      "forecast: %u years, MAPE one week ahead %.2f %% (worst year %.2f %%), of the same "
      "hour a week before %.2f %%; %.1f %% of hours within the band of 90 %%\n",
      cases, 100 * error, 100 * worst, 100 * naive, 100 * inside);
  EXPECT_LT(error, 0.10);
  EXPECT_LT(worst, 0.15);
  EXPECT_GT(inside, 0.80);
  EXPECT_LT(inside, 0.97);
}

}  // namespace
}  // namespace dnstorm::operators
