// The queries of one key group that wait for a response, and those answered a short while ago.
//
// A query stays from open() until its deadline (its time plus the timeout) has been passed by
// expire(): answered ones too, so that a second response is known as a duplicate. Whether a
// response is in time depends on event times only, never on when expire() happens to be called.
//
// Open addressing over 8-byte slots, queries of one cache line each behind them, deletion without
// tombstones. The table of a busy server is larger than its caches, so every byte counts. Deadlines
// stand in a queue while they come in order and in a heap where they do not. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

// One query, and what a response must show to belong to it: all but time, size and answered.
struct alignas(64) OpenQuery {
  IpAddress client;
  IpAddress server;
  TimeNs time = 0;
  std::uint64_t qname_hash = 0;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint16_t id = 0;
  std::uint16_t qtype = 0;
  std::uint32_t size = 0;
  std::uint8_t transport = 0;
  bool answered = false;

  bool same_transaction(const OpenQuery& other) const {
    return id == other.id && client_port == other.client_port && server_port == other.server_port &&
           transport == other.transport && client == other.client && server == other.server;
  }
  bool same_question(const OpenQuery& other) const {
    return qname_hash == other.qname_hash && qtype == other.qtype;
  }
};
static_assert(sizeof(OpenQuery) == 64);

class MatchTable {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  // `keep_names`: the text of qname is wanted with every query.
  MatchTable(DurationNs timeout, bool keep_names) : timeout_(timeout), keep_names_(keep_names) {}

  // The number of the waiting query with this transaction and question whose deadline is after
  // `query.time`; none if there is none. `hash`: of the transaction, well mixed.
  std::uint32_t find_waiting(std::uint64_t hash, const OpenQuery& query) const {
    return find(hash, query, true, false);
  }
  // The query that a response belongs to: a waiting one before an answered one, the earliest of
  // several. Without a question it pairs by the transaction alone.
  std::uint32_t find_for_response(std::uint64_t hash, const OpenQuery& response,
                                  bool has_question) const {
    std::uint32_t number = find(hash, response, has_question, false);
    return number != none ? number : find(hash, response, has_question, true);
  }

  void open(std::uint64_t hash, const OpenQuery& query, std::string_view qname);
  OpenQuery& query(std::uint32_t number) { return queries_[number]; }
  const OpenQuery& query(std::uint32_t number) const { return queries_[number]; }
  const std::string& name(std::uint32_t number) const { return names_[number]; }
  std::size_t size() const { return size_; }

  // The earliest deadline; time_max if there is none.
  TimeNs next_deadline() const;
  // Forgets the query with the earliest deadline after use(its number).
  template <class Use>
  void take_oldest(Use&& use) {
    Deadline oldest = pop_oldest();
    use(oldest.number);
    remove(oldest);
  }

  // Three stages of fetching ahead what a message will need: its slot, then the query behind it;
  // and what take_oldest() touches.
  void prefetch_slot(std::uint64_t hash) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & mask_]);
  }
  void prefetch_query(std::uint64_t hash) const {
    if (slots_.empty()) return;
    const Slot& slot = slots_[hash & mask_];
    if (slot.hash == low(hash) && slot.next != 0) __builtin_prefetch(&queries_[slot.next - 1]);
  }
  void prefetch_oldest(std::size_t ahead) const {
    if (queue_head_ + ahead >= queue_.size()) return;
    const Deadline& later = queue_[queue_head_ + ahead];
    __builtin_prefetch(&slots_[later.hash & mask_]);
    __builtin_prefetch(&queries_[later.number]);
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

  std::uint32_t find(std::uint64_t hash, const OpenQuery& wanted, bool by_question,
                     bool answered) const;
  bool in_time(const OpenQuery& query, TimeNs now) const;
  void grow();
  std::uint32_t new_number();
  Deadline pop_oldest();
  bool heap_is_next() const;
  void remove(const Deadline& entry);

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
