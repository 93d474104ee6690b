#include "operators/season/seen.hpp"

#include <algorithm>
#include <cmath>

#include "operators/season/normal.hpp"
#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

constexpr int hours_min = 24;  // of a week that is worth a point

// The minutes of an hour as a profile has them: its summary has a median and a 95th percentile.
HourLoad load_of(const HourSummary& hour) {
  double middle = std::log1p(hour.median);
  return {.middle = middle,
          .minute_spread = (std::log1p(hour.high) - middle) / normal_quantile(0.95)};
}

}  // namespace

LoadView seen_of(std::vector<const History*> histories) {
  LoadView view;
  for (const History* one : histories) {
    bool first = one == histories.front();
    view.begin = first ? one->begin() : std::min(view.begin, one->begin());
    view.end = first ? one->end() : std::max(view.end, one->end());
  }
  // Peaks of an hour need not fall into one minute: the sum may be more than there was at once.
  view.past = [histories = std::move(histories)](Hour hour) {
    HourSummary sum{.minutes = histories.empty() ? 0U : 60U};
    for (const History* one : histories) {
      HourSummary part = one->at(hour);
      sum.median += part.median, sum.high += part.high, sum.peak += part.peak;
      sum.drops += part.drops;
      sum.minutes = std::min(sum.minutes, part.minutes);
    }
    return sum.minutes == 0 ? HourSummary{} : sum;
  };
  return view;
}

std::array<SeenHour, hours_per_week> seen_hours(const LoadView& view, Hour end, int weeks) {
  std::array<std::vector<double>, hours_per_week> middles;
  std::array<SeenHour, hours_per_week> seen{};
  for (Hour hour = std::max(view.begin, end - Hour{weeks} * hours_per_week); hour < end; ++hour) {
    HourSummary summary = view.past(hour);
    if (summary.minutes == 0) continue;
    auto slot = static_cast<std::size_t>(hour_of_week(hour));
    middles[slot].push_back(summary.median);
    seen[slot].peak = std::max<double>(seen[slot].peak, summary.peak);
    ++seen[slot].weeks;
  }
  for (std::size_t slot = 0; slot < seen.size(); ++slot)
    if (seen[slot].weeks != 0) seen[slot].middle = median_of(middles[slot]);
  return seen;
}

std::vector<SeenWeek> seen_weeks(const LoadView& view) {
  std::vector<SeenWeek> weeks;
  for (Hour monday = view.begin - hour_of_week(view.begin); monday < view.end;
       monday += hours_per_week) {
    std::vector<HourLoad> loads;
    for (Hour hour = monday; hour < monday + hours_per_week; ++hour)
      if (HourSummary summary = view.past(hour); summary.minutes != 0)
        loads.push_back(load_of(summary));
    if (loads.size() >= hours_min)
      weeks.push_back({monday, minute_of(loads, 0.99), static_cast<int>(loads.size())});
  }
  return weeks;
}

}  // namespace dnstorm::operators
