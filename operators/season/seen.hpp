// What was seen of servers, laid out by weeks, without a forecast: it can be shown as soon as there
// is an hour. Pure.
//
//   std::vector<const History*> histories{&ns1, &ns2};
//   LoadView seen = seen_of(histories);         // together; its `load` is empty
//   seen_hours(seen, seen.end, 4)[27].middle    // Tuesdays at 3, of the last four weeks
#pragma once

#include <array>
#include <vector>

#include "operators/season/fleet.hpp"

namespace dnstorm::operators {

// The sum of histories, which must outlive it; what is not known of one is not known of all. Empty
// (`begin` is `end`) if there are none.
LoadView seen_of(std::vector<const History*> histories);

// An hour of the week.
struct SeenHour {
  double middle = 0;  // the median over the weeks of the medians of its minutes
  double peak = 0;    // its busiest minute
  int weeks = 0;      // that it was seen in; 0: it was not
};
// Of the newest `weeks` weeks before `end`.
std::array<SeenHour, hours_per_week> seen_hours(const LoadView& view, Hour end, int weeks);

// The p99 minute of a week of the past, from Monday on; `hours` of it are known.
struct SeenWeek {
  Hour begin = 0;
  double p99 = 0;
  int hours = 0;
};
// The weeks of which a day at least is known, oldest first.
std::vector<SeenWeek> seen_weeks(const LoadView& view);

}  // namespace dnstorm::operators
