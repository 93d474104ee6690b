#include "cli/event_log.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
  auto found = object.find(name);
  if (found == object.end()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool matches(const LoggedEvent& event, const EventFilter& filter) {
  if (!filter.detector.empty() && event.detector != filter.detector) return false;
  if (event.severity < filter.severity) return false;
  if (!filter.state.empty() && (event.state == "closed") != (filter.state == "closed"))
    return false;
  return filter.text.empty() || lower(event.key).find(filter.text) != std::string::npos ||
         lower(event.samples).find(filter.text) != std::string::npos;
}

}  // namespace

std::optional<LoggedEvent> parse_event(const std::string& text) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  LoggedEvent event;
  event.id = text_of(object, "id");
  event.detector = text_of(object, "detector");
  event.state = text_of(object, "state");
  event.key_kind = text_of(object, "key_kind");
  event.key = text_of(object, "key");
  event.evidence = text_of(object, "evidence");
  event.samples = text_of(object, "samples");
  event.advice = text_of(object, "advice");
  const auto severity =
      std::find(severity_names.begin(), severity_names.end(), text_of(object, "severity"));
  const auto score = object.find("score");
  const auto time = parse_time(text_of(object, "time"));
  const auto start = parse_time(text_of(object, "start"));
  const auto end = parse_time(text_of(object, "end"));
  if (event.id.empty() || event.detector.empty() || severity == severity_names.end() || !time ||
      !start || !end)
    return std::nullopt;
  event.severity = static_cast<unsigned>(severity - severity_names.begin());
  if (score != object.end() && score->is_number()) event.score = score->get<double>();
  event.time = *time;
  event.start = *start;
  event.end = *end;
  return event;
}

void EventLog::take(const FeedFrame& frame) {
  for (const FeedRow& row : frame.rows)
    if (auto event = parse_event(row.key)) take(std::move(*event));
}

void EventLog::take(LoggedEvent event) {
  std::lock_guard lock(mutex_);
  newest_time_ = std::max(newest_time_, event.time);
  if (auto known = by_id_.find(event.id); known != by_id_.end()) {
    LoggedEvent& old = *known->second;
    event.number = old.number;
    event.start = std::min(event.start, old.start);
    // A closed event tells of its worst window, and may have none.
    if (event.samples.empty() || event.samples == "[]") event.samples = std::move(old.samples);
    old = std::move(event);
    return;
  }
  event.number = ++last_number_;
  events_.push_back(std::move(event));
  by_id_[events_.back().id] = std::prev(events_.end());
  if (events_.size() <= events_max_) return;
  by_id_.erase(events_.front().id);
  events_.pop_front();
  ++forgotten_;
}

EventLog::Page EventLog::page(const EventFilter& filter, std::uint64_t top, std::size_t skip,
                              std::size_t limit) const {
  EventFilter wanted = filter;
  wanted.text = lower(wanted.text);
  std::lock_guard lock(mutex_);
  Page page;
  page.newest = last_number_;
  page.all = events_.size();
  page.forgotten = forgotten_;
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (!matches(*event, wanted)) continue;
    if (top != 0 && event->number > top) {
      ++page.newer;
      continue;
    }
    if (page.matching++ >= skip && page.events.size() < limit) page.events.push_back(*event);
  }
  return page;
}

std::optional<LoggedEvent> EventLog::find(const std::string& id) const {
  std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  return *found->second;
}

EventLog::Rates EventLog::rates(std::size_t buckets_max) const {
  // Lengths that people count in.
  static constexpr DurationNs lengths_s[] = {10,   30,       60,    300,      900,
                                             3600, 6 * 3600, 86400, 7 * 86400};
  std::lock_guard lock(mutex_);
  Rates rates;
  if (events_.empty()) return rates;
  TimeNs first = time_max, last = time_min;
  for (const LoggedEvent& event : events_) {
    first = std::min(first, event.start);
    last = std::max(last, event.start);
  }
  std::size_t buckets = 0;
  for (DurationNs length_s : lengths_s) {
    rates.bucket = length_s * ns_per_s;
    rates.from = first - first % rates.bucket;
    buckets = static_cast<std::size_t>((last - rates.from) / rates.bucket) + 1;
    if (buckets <= buckets_max) break;
  }
  // Of more than years: the last ones count.
  if (buckets > buckets_max) {
    rates.from += static_cast<DurationNs>(buckets - buckets_max) * rates.bucket;
    buckets = buckets_max;
  }
  for (const LoggedEvent& event : events_) {
    auto& counts = rates.counts[event.detector];
    counts.resize(buckets);
    if (event.start >= rates.from)
      ++counts[static_cast<std::size_t>((event.start - rates.from) / rates.bucket)];
  }
  return rates;
}

TimeNs EventLog::newest_time() const {
  std::lock_guard lock(mutex_);
  return newest_time_;
}

}  // namespace dnstorm::cli
