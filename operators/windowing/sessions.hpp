// Session windows: per key, rows that follow each other within less than a gap. A session
// [first row, last row + gap) grows with its rows; a row that comes late and falls between two
// sessions joins them. It is handed out when the watermark has passed its end by the allowed
// lateness. A row is late if the session it would begin would be closed already.
//
// Keys are numbers, as KeyIndex gives them. Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/api/state.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

// Value: what is known of a session's rows; void merge(const Value&).
template <class Value>
class Sessions {
 public:
  Sessions() = default;
  Sessions(DurationNs gap, DurationNs lateness) : gap_(gap), lateness_(lateness) {}

  struct Closed {
    std::uint32_t key = 0;
    WindowBounds bounds;
    Value value;
  };

  // The value of the session that a row of this key and time belongs to; one that begins has
  // make(). Null if the row is late.
  template <class Make>
  Value* at(std::uint32_t key, TimeNs time, Make&& make) {
    if (key >= keys_.size()) keys_.resize(key + 1U);
    std::vector<Session>& sessions = keys_[key];
    auto touches = [&](const Session& session) {
      return time < end_of(session) && session.first < add_time(time, gap_);
    };
    auto found = std::find_if(sessions.begin(), sessions.end(), touches);
    if (found == sessions.end()) {
      if (is_closed(add_time(time, gap_))) return nullptr;
      auto place = std::find_if(sessions.begin(), sessions.end(),
                                [&](const Session& session) { return session.first > time; });
      ++open_;
      add_deadline(add_time(time, gap_), key);
      return &sessions.insert(place, Session{time, time, make()})->value;
    }
    found->first = std::min(found->first, time);
    found->last = std::max(found->last, time);
    auto next = found + 1;
    if (next != sessions.end() && touches(*next)) {
      found->last = next->last;
      found->value.merge(next->value);
      sessions.erase(next);
      --open_;
    }
    return &found->value;
  }

  // Event time has reached `now`: the sessions that are complete, in no particular order.
  std::vector<Closed> close(TimeNs now) {
    watermark_ = std::max(watermark_, now);
    std::vector<Closed> closed;
    while (!deadlines_.empty() && is_closed(deadlines_.front().time)) {
      std::uint32_t key = deadlines_.front().key;
      std::pop_heap(deadlines_.begin(), deadlines_.end(), later);
      deadlines_.pop_back();
      std::vector<Session>& sessions = keys_[key];
      // Ends ascend as the starts do.
      auto open = sessions.begin();
      for (; open != sessions.end() && is_closed(end_of(*open)); ++open)
        closed.push_back({key, {open->first, end_of(*open)}, std::move(open->value)});
      open_ -= static_cast<std::size_t>(open - sessions.begin());
      sessions.erase(sessions.begin(), open);
      if (!sessions.empty()) add_deadline(end_of(sessions.front()), key);
    }
    return closed;
  }

  std::size_t open_count() const { return open_; }
  bool has(std::uint32_t key) const { return key < keys_.size() && !keys_[key].empty(); }
  // Key `key` is `numbers[key]` from here on; those without sessions are forgotten.
  void renumber(const std::vector<std::uint32_t>& numbers, std::size_t count) {
    std::vector<std::vector<Session>> renumbered(count);
    for (std::uint32_t key = 0; key < keys_.size(); ++key)
      if (has(key)) renumbered[numbers[key]] = std::move(keys_[key]);
    keys_ = std::move(renumbered);
    rebuild_deadlines();
  }

  // How far event time has been reached; the sessions are saved key by key.
  void save(StateWriter& out) const { out.put(watermark_); }
  void restore(StateReader& in) { watermark_ = in.get<TimeNs>(); }
  // save_value(const Value&), and bool restore_value(Value&) into what make() gives.
  template <class Save>
  void save_key(std::uint32_t key, StateWriter& out, Save&& save_value) const {
    out.put(std::uint64_t{keys_[key].size()});
    for (const Session& session : keys_[key]) {
      out.put(session.first);
      out.put(session.last);
      save_value(session.value);
    }
  }
  // Of a key without sessions. False: the bytes are not those of save_key().
  template <class Make, class Restore>
  bool restore_key(std::uint32_t key, StateReader& in, Make&& make, Restore&& restore_value) {
    if (key >= keys_.size()) keys_.resize(key + 1U);
    std::vector<Session>& sessions = keys_[key];
    if (!sessions.empty()) return false;
    for (std::uint64_t left = in.get_count(2 * sizeof(TimeNs)); left != 0; --left) {
      auto first = in.get<TimeNs>();
      auto last = in.get<TimeNs>();
      if (!in.ok() || last < first) return false;
      if (!sessions.empty() && end_of(sessions.back()) > first) return false;
      sessions.push_back({first, last, make()});
      ++open_;
      if (!restore_value(sessions.back().value)) return false;
    }
    if (!sessions.empty()) add_deadline(end_of(sessions.front()), key);
    return in.ok();
  }

 private:
  struct Session {
    TimeNs first = 0;
    TimeNs last = 0;
    Value value;
  };
  struct Deadline {
    TimeNs time = 0;
    std::uint32_t key = 0;
  };
  static bool later(const Deadline& a, const Deadline& b) { return a.time > b.time; }

  TimeNs end_of(const Session& session) const { return add_time(session.last, gap_); }
  bool is_closed(TimeNs end) const {
    return watermark_ == time_max || add_time(end, lateness_) <= watermark_;
  }
  void add_deadline(TimeNs time, std::uint32_t key) {
    deadlines_.push_back({time, key});
    std::push_heap(deadlines_.begin(), deadlines_.end(), later);
  }
  void rebuild_deadlines() {
    deadlines_.clear();
    for (std::uint32_t key = 0; key < keys_.size(); ++key)
      if (has(key)) add_deadline(end_of(keys_[key].front()), key);
  }

  DurationNs gap_ = 0;
  DurationNs lateness_ = 0;
  TimeNs watermark_ = time_min;
  std::size_t open_ = 0;
  std::vector<std::vector<Session>> keys_;  // ascending and apart
  // No session of a key ends before the first of the key's deadlines. Sessions grow, so most come
  // too early: the key is looked at and entered again.
  std::vector<Deadline> deadlines_;
};

}  // namespace dnstorm::operators
