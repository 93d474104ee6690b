#include "operators/detect/volume_memory.hpp"

#include <algorithm>
#include <cmath>

namespace dnstorm::operators {

namespace {

constexpr std::size_t hours_max_max = std::size_t{520} * hours_per_week;
// What is off counts as a half more or less at most, and the shift follows within half a day: an
// attack of an hour moves it by 3 %.
constexpr double reach = 0.4;
constexpr double follows_in = 12 * static_cast<double>(ns_per_hour);
constexpr double shift_max = 2.3;  // tenfold

double minutes_of(WindowBounds window) {
  return static_cast<double>(window.end - window.start) / static_cast<double>(ns_per_minute);
}

}  // namespace

void VolumeMemory::begin(std::size_t hours_max, const ServerPast* before, TimeNs now) {
  hours_max_ = hours_max;
  learner_ = std::make_unique<SeasonLearner>(hours_max);
  if (before != nullptr) learner_->start_from(*before, now);
}

Expectation VolumeMemory::expected(WindowBounds window, int ripe) const {
  const Profile* profile = learner_ ? learner_->profile() : nullptr;
  if (profile == nullptr || profile->weeks() < ripe)
    return {minutes_.warm(), minutes_.level(), minutes_.deviation(), 0};
  HourLoad load = profile->load(hour_of(window.start));
  double level = load.expected() * minutes_of(window) * std::exp(shift_);
  // At least as for the last minutes.
  double deviation = std::max({level * load.spread(), std::sqrt(std::max(level, 1.0)), level / 20});
  return {true, level, deviation, static_cast<double>(profile->weeks())};
}

void VolumeMemory::learn(WindowBounds window, double queries, const Expectation& normal,
                         bool alarm) {
  alarm ? minutes_.add_alarming(queries) : minutes_.add(queries);
  if (normal.weeks > 0) {
    double off = std::clamp(std::log1p(queries) - std::log1p(normal.level), -reach, reach);
    double share = std::min(1.0, static_cast<double>(window.end - window.start) / follows_in);
    shift_ = std::clamp(shift_ + share * off, -shift_max, shift_max);
  }
  if (learner_) learn_minutes(window, queries);
}

// Windows of less than a minute are added up to minutes, longer ones spread over theirs.
void VolumeMemory::learn_minutes(WindowBounds window, double queries) {
  double minutes = std::max(1.0, minutes_of(window));
  for (TimeNs minute = window.start; minute < window.end; minute += ns_per_minute)
    learner_->add(minute, {.count = queries / minutes});
  learner_->advance(window.end, [](TimeNs, double, const Profile*) {});
}

void VolumeMemory::save(StateWriter& out) const {
  minutes_.save(out);
  out.put(shift_);
  out.put(std::uint64_t{learner_ ? hours_max_ : 0});
  if (learner_) learner_->save(out);
}

bool VolumeMemory::restore(StateReader& in) {
  if (!minutes_.restore(in)) return false;
  shift_ = in.get<double>();
  hours_max_ = in.get<std::uint64_t>();
  if (!in.ok() || !(std::abs(shift_) <= shift_max) || hours_max_ > hours_max_max) return false;
  if (hours_max_ == 0) return true;
  learner_ = std::make_unique<SeasonLearner>(hours_max_);
  return learner_->restore(in);
}

}  // namespace dnstorm::operators
