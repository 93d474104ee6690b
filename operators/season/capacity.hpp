// When more capacity is needed: the date at which the p99 minute of the week (99 of 100 minutes of
// that week have less) passes a share of the limit, and when it was short in the past.
#pragma once

#include <optional>
#include <vector>

#include "operators/season/fleet.hpp"

namespace dnstorm::operators {

struct CapacityQuestion {
  Hour now = 0;
  double limit = 0;        // count a minute
  double share = 0.8;      // of it that must not be passed
  int weeks_max = 5 * 52;  // how far it is looked ahead
  double coverage = 0.9;   // of the band
};

struct CapacityForecast {
  double p99_now = 0;  // count a minute, of the week around now
  double p99_low = 0, p99_high = 0;
  double growth = 0;  // by which factor it grows in the year to come
  // When the share is passed: most likely, and at the ends of the band. Nothing: not within
  // weeks_max. `now` if it is passed already.
  std::optional<TimeNs> expected, earliest, latest;
};

CapacityForecast forecast_capacity(const LoadView& view, const CapacityQuestion& question);

// The p99 minute of a week to come, and what it lies between with the question's coverage.
struct WeekAhead {
  Hour middle = 0;  // of the week
  double p99 = 0, low = 0, high = 0;
};

// From now on, a point a week or less often (some sixty at most): half a year, or until the share
// is passed and a quarter longer.
std::vector<WeekAhead> weeks_ahead(const LoadView& view, const CapacityQuestion& question,
                                   const CapacityForecast& forecast);

// A stretch of the past in which minutes passed the share of the limit, or more messages were lost
// than usual (three times as many, and one of a thousand).
// Hours that are at most three hours apart belong together.
struct Shortage {
  Hour begin = 0, end = 0;
  double peak = 0;  // the busiest minute
  double drops = 0;
  // Its hours were more than the profile expects: an attack or another event rather than growth.
  bool unusual = false;
};

std::vector<Shortage> shortages(const Member& member, double share);

}  // namespace dnstorm::operators
