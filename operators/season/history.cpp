#include "operators/season/history.hpp"

#include <algorithm>
#include <cmath>

#include "operators/season/robust.hpp"

namespace dnstorm::operators {

namespace {

// Of what a file says: whether it can be the summary of an hour.
bool sound(const HourSummary& hour) {
  return hour.minutes <= 60 && hour.median >= 0 && hour.median <= hour.high &&
         hour.high <= hour.peak && std::isfinite(hour.peak) && hour.drops >= 0 &&
         std::isfinite(hour.drops);
}

}  // namespace

bool History::add(TimeNs minute, double count, double drops) {
  Hour hour = hour_of(minute);
  if (open_minutes_ != 0 ? hour < open_hour_ : !hours_.empty() && hour < end()) return false;
  if (open_minutes_ != 0 && hour > open_hour_) close();
  open_hour_ = hour;
  double& slot = open_[static_cast<std::size_t>((minute - start_of(hour)) / ns_per_minute)];
  if (slot < 0) {
    slot = 0;
    ++open_minutes_;
  }
  slot += count;
  open_drops_ += drops;
  return true;
}

void History::close() {
  if (open_minutes_ == 0) return;
  std::vector<double> counts;
  for (double count : open_)
    if (count >= 0) counts.push_back(count);
  HourSummary hour;
  hour.median = static_cast<float>(median_of(counts));
  hour.high = static_cast<float>(quantile_of(counts, 0.95));
  hour.peak = static_cast<float>(*std::max_element(counts.begin(), counts.end()));
  hour.high = std::max(hour.high, hour.median);
  hour.drops = static_cast<float>(open_drops_);
  hour.minutes = open_minutes_;
  append(open_hour_, hour);
  open_ = filled();
  open_minutes_ = 0;
  open_drops_ = 0;
}

void History::append(Hour hour, const HourSummary& summary) {
  // After a hole longer than all that is remembered nothing before it counts.
  if (hours_.empty() || hour - end() >= static_cast<Hour>(hours_max_)) {
    hours_.clear();
    begin_ = hour;
  }
  while (end() < hour) hours_.emplace_back();
  hours_.push_back(summary);
  while (hours_.size() > hours_max_) {
    hours_.pop_front();
    ++begin_;
  }
}

HourSummary History::at(Hour hour) const {
  if (hour < begin() || hour >= end()) return {};
  return hours_[static_cast<std::size_t>(hour - begin_)];
}

void History::merge(const History& other) {
  if (other.empty()) return;
  History merged(hours_max_);
  Hour last = empty() ? other.end() : std::max(end(), other.end());
  Hour first = empty() ? other.begin() : std::min(begin(), other.begin());
  for (Hour hour = std::max(first, last - static_cast<Hour>(hours_max_)); hour < last; ++hour) {
    HourSummary mine = at(hour), theirs = other.at(hour);
    const HourSummary& better = theirs.minutes > mine.minutes ? theirs : mine;
    if (better.minutes != 0) merged.append(hour, better);
  }
  begin_ = merged.begin_;
  hours_ = std::move(merged.hours_);
}

void History::save(StateWriter& out) const {
  out.put(begin_);
  out.put(std::uint64_t{hours_.size()});
  for (const HourSummary& hour : hours_) {
    for (float value : {hour.median, hour.high, hour.peak, hour.drops}) out.put(value);
    out.put(hour.minutes);
  }
  out.put(open_hour_);
  out.put(open_drops_);
  for (double count : open_) out.put(count);
}

bool History::restore(StateReader& in) {
  constexpr Hour far = 300'000'000;  // of the years that a time in nanoseconds can be, and beyond
  begin_ = in.get<Hour>();
  if (std::abs(begin_) > far) return false;
  hours_.clear();
  for (std::uint64_t left = in.get_count(20); left > 0; --left) {
    HourSummary hour;
    for (float* value : {&hour.median, &hour.high, &hour.peak, &hour.drops})
      *value = in.get<float>();
    hour.minutes = in.get<std::uint32_t>();
    if (!sound(hour)) return false;
    hours_.push_back(hour);
  }
  while (hours_.size() > hours_max_) {
    hours_.pop_front();
    ++begin_;
  }
  open_hour_ = in.get<Hour>();
  open_drops_ = in.get<double>();
  open_minutes_ = 0;
  for (double& count : open_) {
    count = in.get<double>();
    if (count >= 0) ++open_minutes_;
    if (!std::isfinite(count)) return false;
  }
  bool follows = open_minutes_ == 0 || hours_.empty() || open_hour_ >= end();
  return in.ok() && std::isfinite(open_drops_) && std::abs(open_hour_) <= far && follows;
}

}  // namespace dnstorm::operators
