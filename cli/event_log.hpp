// The security events of a run, as its board sinks publish them (frames of view `events`): the last
// ten thousand, by id; news of an event replaces what was known of it. Kept in memory, for the page
// Security; what is to outlive the run goes to a store.
//
// Thread-safe: publish() is called by executor threads, the rest by the board's.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/api/feed.hpp"

namespace dnstorm::cli {

inline constexpr std::array<std::string_view, 5> severity_names = {"info", "low", "medium", "high",
                                                                   "critical"};

struct LoggedEvent {
  std::uint64_t number = 0;  // in the order of their first news, from 1
  std::string id, detector, state, key_kind, key;
  unsigned severity = 0;  // index into severity_names
  double score = 0;
  TimeNs time = 0, start = 0, end = 0;
  std::string evidence, samples, advice;  // the first two are JSON
};

// Nothing for what is no event.
std::optional<LoggedEvent> parse_event(const std::string& json);

struct EventFilter {
  std::string detector = {};  // "": any
  unsigned severity = 0;      // at least
  std::string state = {};     // open, closed; "": any
  std::string text = {};      // in the key or in a sample, whatever the case; "": any
};

class EventLog {
 public:
  explicit EventLog(std::size_t events_max = 10'000) : events_max_(events_max) {}

  void take(const FeedFrame& frame);

  struct Page {
    std::vector<LoggedEvent> events;  // the newest first
    std::size_t matching = 0;         // up to `top`
    std::size_t newer = 0;            // matching ones behind it
    std::uint64_t newest = 0;         // number of the newest event of all
    std::size_t all = 0;
    std::uint64_t forgotten = 0;
  };
  // Of the events with a number of `top` at most (0: any), so that who turns pages sees none twice.
  Page page(const EventFilter& filter, std::uint64_t top, std::size_t skip,
            std::size_t limit) const;
  std::optional<LoggedEvent> find(const std::string& id) const;

  // When events began, by detector: as many counts as fit between the first and the last of them.
  struct Rates {
    TimeNs from = 0;
    DurationNs bucket = 0;
    std::map<std::string, std::vector<std::uint64_t>> counts;
  };
  Rates rates(std::size_t buckets_max) const;

  TimeNs newest_time() const;  // 0: there has been no event

 private:
  void take(LoggedEvent event);

  const std::size_t events_max_;
  mutable std::mutex mutex_;
  std::list<LoggedEvent> events_;  // by number
  std::unordered_map<std::string, std::list<LoggedEvent>::iterator> by_id_;
  std::uint64_t last_number_ = 0;
  std::uint64_t forgotten_ = 0;
  TimeNs newest_time_ = 0;
};

// Gives frames of events to the log and all others on.
class EventFeed final : public Feed {
 public:
  EventFeed(EventLog& log, Feed& others) : log_(log), others_(others) {}
  void publish(FeedFrame frame) override {
    if (frame.view == "events") return log_.take(frame);
    others_.publish(std::move(frame));
  }

 private:
  EventLog& log_;
  Feed& others_;
};

}  // namespace dnstorm::cli
