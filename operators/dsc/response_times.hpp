// Pairs queries and responses as DSC's response_time does: by id, addresses, ports and transport
// (decode's `txn`), with nothing but times kept. Cheaper than `match`, which knows more. Used by
// one task; not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/api/keyed_state.hpp"
#include "engine/base/time.hpp"
#include "operators/dsc/indexers.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

class DscResponseTimes final : public KeyedState {
 public:
  DscResponseTimes() = default;
  // `open_max`: queries that wait at once; beyond, the new one or the oldest is dropped. Codes of
  // the other dimension are below `others`.
  DscResponseTimes(const DscBuckets& buckets, std::size_t open_max, bool drop_oldest,
                   std::uint32_t others)
      : buckets_(buckets), open_max_(open_max), drop_oldest_(drop_oldest), others_(others) {}

  // The code that the message counts under; dsc_no_code: not yet. `other`: its code in the other
  // dimension, for when it times out.
  std::uint32_t query(std::uint64_t txn, TimeNs time, std::uint32_t other);
  std::uint32_t response(std::uint64_t txn, TimeNs time);

  // Queries that have waited the longest time at `now`: use(when, other), in their order.
  template <class Use>
  void expire(TimeNs now, Use&& use) {
    if (unsorted_) sort();
    while (!waiting_.empty() && add_time(waiting_.front().time, longest()) <= now) {
      Waiting first = waiting_.front();
      waiting_.pop_front();
      std::size_t at = find(first.txn);
      if (slots_[at].txn != first.txn || slots_[at].time != first.time) continue;
      use(add_time(first.time, longest()), slots_[at].other);
      erase(at);
    }
  }
  std::size_t open() const { return open_; }

  void save_groups(GroupSections& out) const override;
  bool restore_group(std::uint32_t group, StateReader& in) override;

 private:
  struct Slot {
    std::uint64_t txn = 0;  // 0: free
    TimeNs time = 0;
    std::uint32_t other = 0;
  };
  // Also of queries that are gone.
  struct Waiting {
    TimeNs time;
    std::uint64_t txn;
  };
  DurationNs longest() const { return static_cast<DurationNs>(buckets_.max_us) * ns_per_us; }
  static std::uint64_t key(std::uint64_t txn) { return txn == 0 ? 1 : txn; }
  // Where it is, or would be.
  std::size_t find(std::uint64_t txn) const;
  void insert(std::uint64_t txn, TimeNs time, std::uint32_t other);
  void erase(std::size_t at);
  void grow();
  void sort();
  bool drop_first();

  DscBuckets buckets_;
  std::size_t open_max_ = 0;
  bool drop_oldest_ = false;
  std::uint32_t others_ = 0;
  std::vector<Slot> slots_ = std::vector<Slot>(1024);
  std::size_t mask_ = 1023;
  std::size_t open_ = 0;
  std::deque<Waiting> waiting_;
  bool unsorted_ = false;  // after restore_group()
};

}  // namespace dnstorm::operators
