// The queries of one key group that wait for a response.
//
// A query stays from open() until close(), or until its deadline (its time plus the timeout) has
// been passed by expire(). Whether a response is in time depends on event times only, never on when
// expire() happens to be called.
//
// Open addressing over 8-byte slots, queries of one cache line each behind them, deletion without
// tombstones. Deadlines stand in a queue while they come in order and in a heap where they do not;
// those of closed queries stay until there are too many of them. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operators/event_time.hpp"
#include "operators/match/open_query.hpp"

namespace dnstorm::operators {

class MatchTable {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  // `keep_names`: the text of qname is wanted with every query.
  MatchTable(DurationNs timeout, bool keep_names) : timeout_(timeout), keep_names_(keep_names) {}

  // The number of the query with the transaction of `message` (and its question, if `by_question`)
  // whose deadline is after `message.time`, the first of several; none if there is none. `hash`: of
  // the transaction, well mixed.
  std::uint32_t find(std::uint64_t hash, const OpenQuery& message, bool by_question) const;

  void open(std::uint64_t hash, const OpenQuery& query, std::string_view qname);
  void close(std::uint64_t hash, std::uint32_t number);
  const OpenQuery& query(std::uint32_t number) const { return queries_[number]; }
  // Empty if names are not kept.
  std::string_view name(std::uint32_t number) const {
    return keep_names_ ? std::string_view(names_[number]) : std::string_view();
  }
  std::size_t size() const { return size_; }

  // No query has an earlier deadline; time_max if there is none.
  TimeNs next_deadline() const;
  // Closes the queries with deadlines up to `now`, each after use(its number).
  template <class Use>
  void expire(TimeNs now, Use&& use) {
    while (next_deadline() <= now && has_deadlines()) take(pop_deadline(), use);
  }
  // Closes the query with the earliest deadline. There must be one.
  void give_up_oldest() {
    while (!take(pop_deadline(), [](std::uint32_t) {})) {
    }
  }

  void save(StateWriter& out) const;
  // Into an empty table. False: the bytes are not those of save().
  bool restore(StateReader& in);

  // Two stages of fetching ahead what a message will need: its slot, then the query behind it.
  void prefetch_slot(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask_]);
  }
  void prefetch_query(std::uint64_t hash) const {
    if (slots_.empty()) return;
    const Slot& slot = slots_[hash & mask_];
    if (slot.hash == low(hash) && slot.next != 0) __builtin_prefetch(&queries_[slot.next - 1]);
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;  // the low half, which holds the home place
    std::uint32_t next = 0;  // number plus one; 0: free
  };
  struct Deadline {
    TimeNs time = 0;
    std::uint32_t hash = 0;
    std::uint32_t number = 0;
  };
  static std::uint32_t low(std::uint64_t hash) { return static_cast<std::uint32_t>(hash); }

  // False if the query has been closed since.
  template <class Use>
  bool take(const Deadline& due, Use&& use) {
    std::uint32_t place = place_of(due);
    if (place == none) return false;
    use(due.number);
    remove(place);
    return true;
  }
  // The slot of the query whose deadline this is; none if it has been closed since.
  std::uint32_t place_of(const Deadline& due) const;
  bool has_deadlines() const { return queue_head_ != queue_.size() || !heap_.empty(); }
  void grow();
  std::uint32_t new_number();
  void enter(std::uint32_t hash, std::uint32_t number);
  bool restore_queries(StateReader& in);
  bool restore_deadlines(StateReader& in, std::vector<Deadline>& deadlines) const;
  bool all_have_deadlines() const;
  void add_deadline(const Deadline& deadline);
  void drop_closed_deadlines();
  Deadline pop_deadline();
  bool heap_is_next() const;
  void remove(std::uint32_t place);

  DurationNs timeout_;
  bool keep_names_;
  std::uint32_t mask_ = 0;
  std::size_t size_ = 0;
  std::vector<Slot> slots_;
  std::vector<OpenQuery> queries_;
  std::vector<std::string> names_;   // beside queries_, if kept
  std::vector<std::uint32_t> free_;  // numbers to be used again
  std::vector<Deadline> queue_;      // ascending, from queue_head_ on
  std::size_t queue_head_ = 0;
  std::vector<Deadline> heap_;  // those that came too late for the queue's order
};

}  // namespace dnstorm::operators
