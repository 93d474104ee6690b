#include "operators/season/quiet_windows.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "operators/season/normal.hpp"
#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

Hour hours_of(DurationNs length) { return (length + ns_per_hour - 1) / ns_per_hour; }

// How much of the window's hour number `index` belongs to it.
double part_of(DurationNs length, Hour index) {
  auto left = static_cast<double>(length - index * ns_per_hour);
  return std::min(1.0, left / static_cast<double>(ns_per_hour));
}

double expected_of(const LoadView& view, Hour start, DurationNs length) {
  double sum = 0, hours = 0;
  for (Hour i = 0; i < hours_of(length); ++i) {
    double part = part_of(length, i);
    sum += part * view.load(start + i).expected();
    hours += part;
  }
  return sum / hours;
}

// What was: the mean of the medians, if the whole window is known.
std::optional<double> past_of(const LoadView& view, Hour start, DurationNs length) {
  double sum = 0, hours = 0;
  for (Hour i = 0; i < hours_of(length); ++i) {
    HourSummary hour = view.past(start + i);
    if (hour.minutes == 0) return {};
    double part = part_of(length, i);
    sum += part * hour.median;
    hours += part;
  }
  return sum / hours;
}

double busiest_past(const LoadView& view, Hour start, DurationNs length) {
  double busiest = 0;
  for (Hour i = 0; i < hours_of(length); ++i)
    busiest = std::max<double>(busiest, view.past(start + i).peak);
  return busiest;
}

double worst_of(const LoadView& view, Hour start, DurationNs length) {
  double low = 0, high = 0;
  for (Hour i = 0; i < hours_of(length); ++i) high = std::max(high, view.load(start + i).level(1));
  for (int step = 0; step < 30; ++step) {
    double level = (low + high) / 2;
    (risk_of(view, start, length, level) > 0.05 ? low : high) = level;
  }
  return (low + high) / 2;
}

// The first hour at or after `from` with this hour of the week.
Hour next_start(Hour from, int slot) {
  return from + (slot - hour_of_week(from) + hours_per_week) % hours_per_week;
}

void ask_future(const LoadView& view, const WindowQuestion& question, QuietWindow& window) {
  Hour first = next_start(question.from, window.slot);
  for (int week = 0; week < question.weeks; ++week) {
    Hour start = first + week * hours_per_week;
    window.starts.push_back(start);
    window.expected += expected_of(view, start, question.length) / question.weeks;
    double safe = 1;
    for (const Watched& one : question.watched)
      safe *= 1 - risk_of(one.view, start, question.length, one.threshold);
    window.risk = std::max(window.risk, 1 - safe);
  }
}

// The weeks of the past, each with all its windows.
void ask_past(const LoadView& view, const WindowQuestion& question,
              std::vector<QuietWindow>& windows) {
  Hour last = view.end - hour_of_week(view.end);
  for (int week = 1; week <= question.past_weeks; ++week) {
    Hour monday = last - week * hours_per_week;
    if (monday + hours_per_week <= view.begin) break;
    std::vector<std::optional<double>> loads;
    std::vector<double> known;
    for (int slot = 0; slot < hours_per_week; ++slot) {
      loads.push_back(past_of(view, monday + slot, question.length));
      if (loads.back()) known.push_back(*loads.back());
    }
    double quiet = quantile_of(known, 0.1);
    for (QuietWindow& window : windows) {
      const auto& load = loads[static_cast<std::size_t>(window.slot)];
      if (!load) continue;
      ++window.weeks_known;
      if (*load <= quiet) ++window.weeks_quiet;
      bool exceeded = false;
      for (const Watched& one : question.watched)
        exceeded |= busiest_past(one.view, monday + window.slot, question.length) > one.threshold;
      if (exceeded) ++window.weeks_exceeded;
    }
  }
}

Hour hours_between(int a, int b) {
  int apart = (a - b + hours_per_week) % hours_per_week;
  return std::min(apart, hours_per_week - apart);
}

// How far the expected loads of two windows that begin `apart` hours from each other may lie from
// each other by the noise of the hours that they do not share, each known from the weeks before:
// two standard deviations.
double noise_between(const LoadView& view, const WindowQuestion& question,
                     const QuietWindow& window, Hour apart) {
  auto weeks = static_cast<double>(std::max<Hour>(1, (view.end - view.begin) / hours_per_week));
  double spread = view.load(window.starts.front()).hour_spread;
  double hours = static_cast<double>(question.length) / ns_per_hour;
  return 2 * window.expected * spread * std::sqrt(2 * static_cast<double>(apart) / weeks) / hours;
}

// The quietest of them (`ranked`) that do not overlap; but where it cannot be said which of two is
// the quieter, and they share half of their time at most, both are in: once for each of them.
std::vector<QuietWindow> chosen(const LoadView& view, const WindowQuestion& question,
                                std::vector<QuietWindow>& ranked) {
  std::vector<QuietWindow> best;
  std::vector<bool> paired;
  Hour length = hours_of(question.length);
  for (QuietWindow& window : ranked) {
    if (best.size() == question.top) break;
    std::size_t overlaps = 0, other = 0;
    bool twin = false;
    for (std::size_t i = 0; i < best.size(); ++i) {
      Hour apart = hours_between(window.slot, best[i].slot);
      if (apart >= length) continue;
      ++overlaps;
      other = i;
      bool alike = (window.risk > question.risk_max) == (best[i].risk > question.risk_max);
      twin = 2 * apart >= length && alike && !paired[i] &&
             window.expected - best[i].expected < noise_between(view, question, best[i], apart);
    }
    if (overlaps > 1 || (overlaps == 1 && !twin)) continue;
    if (twin) paired[other] = true;
    paired.push_back(twin);
    best.push_back(std::move(window));
  }
  return best;
}

}  // namespace

double risk_of(const LoadView& view, Hour start, DurationNs length, double threshold) {
  double level = std::log1p(std::max(0.0, threshold)), risk = 0, weights = 0;
  std::vector<std::pair<HourLoad, double>> hours;
  for (Hour i = 0; i < hours_of(length); ++i)
    hours.emplace_back(view.load(start + i), 60 * part_of(length, i));
  // The deviation from the forecast, in its standard deviations, each with its probability.
  for (double z = -4; z <= 4; z += 0.2) {
    double safe = 1;
    for (const auto& [load, minutes] : hours) {
      double middle = load.middle + z * std::hypot(load.model_spread, load.hour_spread);
      double below = load.minute_spread > 0 ? normal_below((level - middle) / load.minute_spread)
                                            : (level >= middle ? 1 : 0);
      safe *= std::pow(below, minutes);
    }
    double weight = std::exp(-z * z / 2);
    risk += weight * (1 - safe);
    weights += weight;
  }
  return risk / weights;
}

std::vector<QuietWindow> quiet_windows(const LoadView& view, const WindowQuestion& question) {
  std::vector<QuietWindow> all(hours_per_week);
  for (int slot = 0; slot < hours_per_week; ++slot) {
    all[static_cast<std::size_t>(slot)].slot = slot;
    ask_future(view, question, all[static_cast<std::size_t>(slot)]);
  }
  std::ranges::stable_sort(all, [&](const QuietWindow& a, const QuietWindow& b) {
    bool a_risky = a.risk > question.risk_max, b_risky = b.risk > question.risk_max;
    return a_risky != b_risky ? b_risky : a.expected < b.expected;
  });
  std::vector<QuietWindow> best = chosen(view, question, all);
  for (QuietWindow& window : best)
    for (Hour start : window.starts)
      window.worst = std::max(window.worst, worst_of(view, start, question.length));
  ask_past(view, question, best);
  return best;
}

}  // namespace dnstorm::operators
