// The roots of a spout task: stands between its emitter and its router, begins a root for what is
// emitted, keeps the rows of those under way, and emits them again when they fail
// (at-least-once). Batches are shared and immutable, so keeping them costs no copy.
// Owned by the spout's task.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "engine/api/emitter.hpp"
#include "engine/api/spout.hpp"
#include "engine/delivery/ack_ledger.hpp"
#include "engine/runtime/output_router.hpp"
#include "engine/runtime/task_hooks.hpp"
#include "engine/telemetry/task_stats.hpp"

namespace dnstorm::runtime {

class RootTracker final : public Emitter::Outlet {
 public:
  // `each_row`: a root is a row; otherwise what one call of next() emits, unless the spout says
  // (Emitter::track). `origin`: the spout task, as index into Wiring::origins.
  RootTracker(OutputRouter& router, std::uint32_t origin, bool each_row)
      : router_(router), origin_(origin), each_row_(each_row) {}

  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) override;
  void track(std::uint64_t message) override;
  void direct_to(std::size_t stream, std::uint32_t task_id) override {
    router_.direct_to(stream, task_id);
  }
  void watch_receivers(std::vector<std::uint32_t>* task_ids) override {
    router_.watch_receivers(task_ids);
  }
  // All that next() or replay() has emitted is delivered: the root that is open is whole.
  void seal();

  void take(const Acks& acks);
  void rotate() { ledger_.rotate(); }
  // Tells the spout what has ended. What is to be replayed waits for replay().
  void settle(Spout& spout, TaskStats& stats, TaskHooks* hooks);
  bool has_ended() const { return ledger_.has_ended(); }
  bool has_replay() const { return !replays_.empty(); }
  // Emits again what failed first.
  void replay();
  // Roots begun from here on may have rows as old as this; it never goes back. The least such time
  // of those that are not done, or time_max. A root that is emitted again is as old as it was.
  void hold_time(TimeNs from) { since_ = from; }
  TimeNs time_held() const { return held_.empty() ? time_max : held_.begin()->first; }
  // Roots under way, and those that wait to be emitted again.
  std::size_t pending() const { return ledger_.pending() + replays_.size(); }
  // What waits will not be emitted again.
  void forget_replays();

 private:
  static constexpr std::uint32_t nowhere = ~std::uint32_t{0};
  struct Rows {
    std::size_t stream = 0;
    BatchPtr batch;
    SelectionPtr selection;
  };
  struct Kept {
    std::uint64_t message = 0;
    bool told = false;  // the spout has given the number and wants to hear of it
    Rows rows = {};     // a row that is tracked alone has no others
    std::vector<Rows> more = {};
    std::optional<TimeNs> since = {};  // hold_time()
  };
  void open(Kept kept);
  Kept& kept(std::uint64_t root) { return kept_[place_[root - first_]]; }
  Kept take_kept(std::uint64_t root);
  void release(const Kept& kept);
  const SelectionPtr& alone(std::uint32_t row);
  void send(std::size_t stream, BatchPtr batch, SelectionPtr selection);

  OutputRouter& router_;
  std::uint32_t origin_;
  bool each_row_;
  delivery::AckLedger ledger_;
  bool open_ = false;
  Anchor root_;  // the open one; its `children` are what the spout itself sends out
  // What is kept of roots under way lies in places that are used again. Where is a number for each
  // root from the oldest under way on: like the ledger, which counts the same roots.
  std::vector<Kept> kept_;
  std::vector<std::uint32_t> free_;  // places of kept_
  std::deque<std::uint32_t> place_;  // of roots first_, first_ + 1, ...; `nowhere`: it has ended
  std::uint64_t first_ = 0;
  std::vector<SelectionPtr> alone_;  // by row: a selection of that row
  std::deque<Kept> replays_;
  std::optional<TimeNs> since_;         // nothing: time is not held
  std::map<TimeNs, std::size_t> held_;  // roots not done, by the time they hold
};

}  // namespace dnstorm::runtime
