#include "operators/season/capacity.hpp"

#include <algorithm>

#include "operators/season/normal.hpp"
#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

constexpr double p99 = 0.99;
constexpr Hour apart_max = 3;
constexpr double losses_min = 0.001;  // fewer are no shortage

// The hour at which the p99 minute passes `level`, to the hour; nothing if it does not within the
// weeks. A trend has one direction, so that halving finds the one crossing there is.
std::optional<TimeNs> crossing(const LoadView& view, const CapacityQuestion& question, double level,
                               double deviations) {
  auto passed = [&](Hour hour) { return minute_of_week(view, hour, p99, deviations) >= level; };
  Hour low = question.now, high = question.now + Hour{question.weeks_max} * hours_per_week;
  if (passed(low)) return start_of(low);
  if (!passed(high)) return {};
  while (high - low > 1) {
    Hour middle = low + (high - low) / 2;
    (passed(middle) ? high : low) = middle;
  }
  return start_of(high);
}

// The part of an hour's messages that was lost.
double losses(const HourSummary& hour) {
  double all = double{hour.median} * hour.minutes;
  return all > 0 ? hour.drops / all : 0;
}

// Some are always lost, or left without an answer on purpose.
double usual_losses(const History& history) {
  std::vector<double> parts;
  for (Hour hour = history.begin(); hour < history.end(); ++hour)
    if (HourSummary summary = history.at(hour); summary.minutes != 0)
      parts.push_back(losses(summary));
  return median_of(parts);
}

}  // namespace

CapacityForecast forecast_capacity(const LoadView& view, const CapacityQuestion& question) {
  double half = normal_quantile((1 + question.coverage) / 2);
  CapacityForecast forecast;
  forecast.p99_now = minute_of_week(view, question.now, p99);
  forecast.p99_low = minute_of_week(view, question.now, p99, -half);
  forecast.p99_high = minute_of_week(view, question.now, p99, half);
  double later = minute_of_week(view, question.now + Hour{52} * hours_per_week, p99);
  forecast.growth = forecast.p99_now > 0 ? later / forecast.p99_now : 1;
  if (question.limit <= 0) return forecast;
  double level = question.limit * question.share;
  forecast.expected = crossing(view, question, level, 0);
  forecast.earliest = crossing(view, question, level, half);
  forecast.latest = crossing(view, question, level, -half);
  return forecast;
}

std::vector<WeekAhead> weeks_ahead(const LoadView& view, const CapacityQuestion& question,
                                   const CapacityForecast& forecast) {
  constexpr Hour usual = 26, points = 52;
  Hour weeks = usual;
  if (forecast.expected)
    weeks = std::max(usual, (hour_of(*forecast.expected) - question.now) * 5 / 4 / hours_per_week);
  weeks = std::min<Hour>(weeks, question.weeks_max);
  Hour step = (weeks + points - 1) / points;
  double half = normal_quantile((1 + question.coverage) / 2);
  std::vector<WeekAhead> ahead;
  for (Hour week = 0; week <= weeks + step - 1; week += step) {
    Hour middle = question.now + week * hours_per_week;
    ahead.push_back({middle, minute_of_week(view, middle, p99),
                     minute_of_week(view, middle, p99, -half),
                     minute_of_week(view, middle, p99, half)});
  }
  return ahead;
}

std::vector<Shortage> shortages(const Member& member, double share) {
  std::vector<Shortage> all;
  double level = member.limit * share, usual = usual_losses(member.history);
  for (Hour hour = member.history.begin(); hour < member.history.end(); ++hour) {
    HourSummary summary = member.history.at(hour);
    bool over = level > 0 && summary.peak > level;
    bool lossy = losses(summary) > std::max(losses_min, 3 * usual);
    if (summary.minutes == 0 || (!over && !lossy)) continue;
    if (all.empty() || hour - all.back().end >= apart_max) all.push_back({hour, hour, 0, 0, false});
    Shortage& one = all.back();
    one.end = hour + 1;
    one.peak = std::max<double>(one.peak, summary.peak);
    one.drops += summary.drops;
    one.unusual |= summary.peak > 1.05 * member.profile.load(hour).level(0.99999);
  }
  return all;
}

}  // namespace dnstorm::operators
