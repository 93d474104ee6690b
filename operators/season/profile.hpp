// The profile of a series: what its minutes are like in each of the 168 hours of the week, times
// the level of the week, times its trend. Made of a History, at any time:
//
//   std::optional<Profile> profile = Profile::fit(history);
//   profile->load(hour).level(0.99)       // what 99 of 100 minutes of that hour stay below
//
// Hour of week and level are parted by median polish (J. W. Tukey, "Exploratory Data Analysis",
// 1977, chapter 11) of the logarithms of the hours' medians: rows are the weeks, columns the hours
// of the week. A column's value is a median over the weeks and a row's one over the hours, so that
// neither an attack of hours, nor a holiday, nor a hole, nor a whole week that was different moves
// them. With fewer than three weeks there is no majority yet, and an attack is learned as normal.
//
// Where the medians are, biweights around them are sharper: what an hour of the week is like is
// then known from two weeks as well as from three by medians. And an hour of few weeks leans on
// what its day and its hour of the day have in common with others, by as much as its own value is
// noise.
#pragma once

#include <array>
#include <optional>
#include <set>

#include "operators/season/history.hpp"
#include "operators/season/trend.hpp"

namespace dnstorm::operators {

// The distribution of the minutes of an hour: log-normal around what is expected. All in
// log(1 + count of a minute).
struct HourLoad {
  double middle = 0;
  double model_spread = 0;   // of what is said of the level: common to all hours of a forecast
  double hour_spread = 0;    // of the hour around it: common to its minutes
  double minute_spread = 0;  // of the minutes within the hour

  double spread() const;  // of a minute, all in all
  double expected() const { return at(0); }
  // So many spreads from what is expected.
  double at(double deviations) const;
  // What a minute stays below with this probability.
  double level(double q) const;
  double exceeds(double count) const;  // the probability that a minute does
};

// Expected, and what the median of the hour's minutes lies between with this probability.
struct Band {
  double expected = 0, low = 0, high = 0;
};
Band band_of(const HourLoad& load, double coverage);

struct ProfileOptions {
  // Newest weeks that the shape of the week is made of; the trend is made of all.
  int shape_weeks = 52;
  // Hours before the end that are looked at.
  Hour hours_max = 400 * hours_per_week;
  // Days since 1970 that are like Sundays, in the past and in the future.
  std::set<std::int64_t> holidays = {};
};

class Profile {
 public:
  // Of the closed hours before `end`. Nothing: fewer than 24 of them are known.
  static std::optional<Profile> fit(const History& history, const ProfileOptions& options = {},
                                    std::optional<Hour> end = {});

  HourLoad load(Hour hour) const;
  const Trend& trend() const { return trend_; }
  // The hour behind the last that is known.
  Hour end() const { return end_; }
  // Weeks that have a say in the shape.
  int weeks() const { return weeks_; }

 private:
  friend class ProfileFit;
  int slot_of(Hour hour) const;

  ProfileOptions options_;
  Trend trend_;
  Hour end_ = 0;
  int weeks_ = 0;
  std::array<double, hours_per_week> shape_{};
  std::array<double, hours_per_week> hour_spread_{};
  std::array<double, hours_per_week> minute_spread_{};
};

// The hour's slot of the week; that of the Sunday on a holiday.
int slot_of(Hour hour, const std::set<std::int64_t>& holidays);
// The week with its fraction, as trends have it.
double week_at(Hour hour);

}  // namespace dnstorm::operators
