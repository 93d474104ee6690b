// How the level of a series moves from week to week: a line through the logarithms (so much per
// cent a week) or through the values themselves (so much a week). Both are fitted; each has a say
// by how likely the past is under it (Laplace errors), so that where nobody can tell them apart
// yet, the forecast lies between them and its spread says so.
//
// The slope is the median of the slopes between all pairs of weeks, which a quarter of wrong weeks
// does not move, with its confidence interval by ranks. H. Theil, "A rank-invariant method of
// linear and polynomial regression analysis", 1950; P. K. Sen, "Estimates of the regression
// coefficient based on Kendall's tau", JASA 63, 1968. The line goes through the last weeks if they
// lie clearly beside it, so that a step of the level in the past is behind it.
#pragma once

#include <vector>

namespace dnstorm::operators {

struct WeekLevel {
  double week = 0;   // when; its fraction is the middle of what is known of the week
  double level = 0;  // log(1 + count of a minute)
};

class Trend {
 public:
  Trend() = default;
  // In the order of time, at least one.
  static Trend fit(const std::vector<WeekLevel>& levels);

  // The level in that week, log(1 + count).
  double level(double week) const;
  // The standard deviation of what level() says.
  double level_spread(double week) const;
  // Of the level at the end of the past: 0.01 is 1 % a week.
  double growth() const;
  // How likely it is that so much is added a week, rather than so much per cent: 0 to 1.
  double linear() const { return linear_; }

 private:
  struct Line {
    double slope = 0, week = 0, value = 0;  // goes through `value` in `week`
    double slope_spread = 0;                // relative to the level
    double rest_spread = 0;                 // of single weeks around it, relative to the level
    double misfit = 0;                      // sum of their distances, relative to the level
    double at(double when) const { return value + slope * (when - week); }
  };
  static Line fit_line(const std::vector<WeekLevel>& points, bool linear);
  static void find_slope(const std::vector<WeekLevel>& points, Line& line);
  static void find_place(const std::vector<WeekLevel>& points, bool linear, Line& line);
  double by_count(double week) const;
  double by_log(double week) const;

  Line log_, count_;
  double last_week_ = 0;  // nothing is known of what lies behind it
  double linear_ = 0;
};

}  // namespace dnstorm::operators
