#include "operators/season/fleet.hpp"

#include <algorithm>
#include <cmath>

#include "operators/season/normal.hpp"
#include "operators/season/seen.hpp"

namespace dnstorm::operators {

HourLoad sum_of(const std::vector<HourLoad>& loads) {
  double sum = 0, model = 0, hour = 0, minute = 0;
  for (const HourLoad& load : loads) {
    double expected = load.expected();
    sum += expected;
    model += expected * load.model_spread;
    hour += expected * load.hour_spread;
    minute += expected * expected * load.minute_spread * load.minute_spread;
  }
  HourLoad together{.middle = std::log1p(sum)};
  if (sum <= 0) return together;
  together.model_spread = model / sum;
  together.hour_spread = hour / sum;
  together.minute_spread = std::sqrt(minute) / sum;
  return together;
}

HourLoad scaled(HourLoad load, double factor) {
  load.middle = std::log1p(load.expected() * factor);
  return load;
}

LoadView Fleet::server(std::size_t member) const {
  const Member& one = members_[member];
  return {[&one](Hour hour) { return one.profile.load(hour); },
          [&one](Hour hour) { return one.history.at(hour); }, one.history.begin(),
          one.history.end()};
}

LoadView Fleet::total() const {
  LoadView view;
  view.load = [this](Hour hour) {
    std::vector<HourLoad> loads;
    for (const Member& one : members_) loads.push_back(one.profile.load(hour));
    return sum_of(loads);
  };
  std::vector<const History*> histories;
  for (const Member& one : members_) histories.push_back(&one.history);
  LoadView seen = seen_of(std::move(histories));
  view.past = std::move(seen.past);
  view.begin = seen.begin;
  view.end = seen.end;
  return view;
}

double Fleet::share(std::size_t member, std::size_t away, Hour hour) const {
  double own = 0, all = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (i == away) continue;
    double weight = move_ == LoadMove::by_load    ? members_[i].profile.load(hour).expected()
                    : move_ == LoadMove::by_limit ? members_[i].limit
                                                  : 1;
    all += weight;
    if (i == member) own = weight;
  }
  return all > 0 ? own / all : 0;
}

LoadView Fleet::without(std::size_t member, std::size_t away) const {
  LoadView view = server(member);
  view.load = [this, member, away](Hour hour) {
    HourLoad moved = scaled(members_[away].profile.load(hour), share(member, away, hour));
    return sum_of({members_[member].profile.load(hour), moved});
  };
  view.past = [this, member, away](Hour hour) {
    HourSummary own = members_[member].history.at(hour), moved = members_[away].history.at(hour);
    auto part = static_cast<float>(share(member, away, hour));
    own.median += part * moved.median, own.high += part * moved.high;
    own.peak += part * moved.peak;
    return moved.minutes == 0 || own.minutes == 0 ? HourSummary{} : own;
  };
  return view;
}

double Fleet::limit() const {
  double sum = 0;
  for (const Member& one : members_) {
    if (one.limit <= 0) return 0;
    sum += one.limit;
  }
  return sum;
}

double minute_of_week(const LoadView& view, Hour middle, double q, double deviations) {
  std::vector<HourLoad> loads;
  for (Hour hour = middle - hours_per_week / 2; hour < middle + hours_per_week / 2; ++hour)
    loads.push_back(view.load(hour));
  for (HourLoad& load : loads) {
    load.middle += deviations * load.model_spread;
    load.model_spread = 0;
  }
  return minute_of(loads, q);
}

double minute_of(const std::vector<HourLoad>& hours, double q) {
  double low = 0, high = 0;
  for (const HourLoad& load : hours) high = std::max(high, load.middle + 8 * load.spread());
  for (int step = 0; step < 40; ++step) {
    double level = (low + high) / 2, below = 0;
    for (const HourLoad& load : hours)
      below += load.spread() > 0 ? normal_below((level - load.middle) / load.spread())
                                 : (level >= load.middle ? 1 : 0);
    (below < q * static_cast<double>(hours.size()) ? low : high) = level;
  }
  return std::expm1((low + high) / 2);
}

}  // namespace dnstorm::operators
