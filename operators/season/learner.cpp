#include "operators/season/learner.hpp"

#include <cmath>

namespace dnstorm::operators {

void SeasonLearner::start_from(const ServerPast& past, std::optional<TimeNs> now) {
  past_.merge(past);
  if (now) profile_of(hour_of(*now));
}

bool SeasonLearner::add(TimeNs minute, const MinuteRow& row) {
  minute = divide_down(minute, ns_per_minute) * ns_per_minute;
  if (passed_ && minute <= *passed_) return false;
  auto found = open_.find(minute);
  if (found == open_.end()) {
    if (open_.size() == open_max) return false;
    found = open_.emplace(minute, MinuteRow{}).first;
  }
  if (row.latency_us > 0 && row.count >= found->second.count)
    found->second.latency_us = row.latency_us;
  found->second.count += row.count;
  found->second.drops += row.drops;
  return true;
}

const Profile* SeasonLearner::profile_of(Hour hour) {
  Hour day = day_of(hour) * 24;
  if (!fitted_ || day > *fitted_) fit(day);
  return profile();
}

void SeasonLearner::fit(Hour end) {
  fitted_ = end;
  profile_ = Profile::fit(past_.history, {.hours_max = static_cast<Hour>(hours_max_)}, end);
}

ServerPast SeasonLearner::past() const {
  ServerPast past = past_;
  past.history.close();
  return past;
}

void SeasonLearner::save(StateWriter& out) const {
  past_.save(out);
  out.put(std::uint64_t{open_.size()});
  for (const auto& [minute, row] : open_) {
    out.put(minute);
    for (double value : {row.count, row.latency_us, row.drops}) out.put(value);
  }
  for (const auto& time : {passed_, fitted_}) {
    out.put(time.has_value());
    out.put(time.value_or(0));
  }
}

bool SeasonLearner::restore(StateReader& in) {
  if (!past_.restore(in)) return false;
  open_.clear();
  for (std::uint64_t left = in.get_count(32); left > 0; --left) {
    auto minute = in.get<TimeNs>();
    MinuteRow row{in.get<double>(), in.get<double>(), in.get<double>()};
    for (double value : {row.count, row.latency_us, row.drops})
      if (!std::isfinite(value) || value < 0) return false;
    open_[minute] = row;
  }
  for (auto* time : {&passed_, &fitted_}) {
    bool given = in.get<bool>();
    auto value = in.get<std::int64_t>();
    *time = given ? std::optional(value) : std::nullopt;
  }
  if (in.ok() && fitted_) fit(*fitted_);
  return in.ok();
}

}  // namespace dnstorm::operators
