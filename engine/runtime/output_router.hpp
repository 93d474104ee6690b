// From a task's rows to events on its out-edges: groupings, rounds, credits. Owned by one task.
//
// Credits are rounds: a task may be as many rounds of an origin ahead of each of its readers as
// EngineConfig::credits says, and must not begin another (horizon()). A round once begun is never
// held up: all its events leave at once. Counting events instead would let a reader wait for the
// end of a round that its sender, out of credit, cannot finish; counting per origin keeps origins
// from waiting for each other. So the least unfinished round can always be worked off: no deadlock
// whatever the topology, and what is under way on an edge is bounded by credits x origins rounds.
//
// Beside rounds, bytes: when what is under way on an edge of one origin has reached edge_bytes, no
// further round of it begins before some of it is worked off.
//
// The newest event of a round is held back on every edge, so that it can carry the end of the
// round.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "engine/api/emitter.hpp"
#include "engine/api/key.hpp"
#include "engine/runtime/load_shuffle.hpp"
#include "engine/runtime/tap_hub.hpp"
#include "engine/runtime/task_hooks.hpp"
#include "engine/runtime/tracker.hpp"
#include "engine/telemetry/counter.hpp"

namespace dnstorm::runtime {

// Carries an event to its task. In one process a message to an actor, in a test a queue.
using SendEvent = std::function<void(Event)>;

// How a round ends, for all readers alike (Event).
struct RoundEnd {
  TimeNs watermark = time_min;
  std::uint64_t checkpoint = 0;
  bool last = false;
  bool idle = false;
};

class OutputRouter final : public Emitter::Outlet {
 public:
  struct Limits {  // of what is under way on an edge, by origin
    std::uint32_t rounds = 16;
    std::uint64_t bytes = 16 << 20;
  };
  // `schemas` as in TaskContext::outputs. `seed`: of the numbers of tracked pieces.
  OutputRouter(const TaskWiring& task, const std::vector<SchemaPtr>& schemas, Limits limits,
               SendEvent send, std::uint64_t seed = 0);

  // What is delivered from here on belongs to that round. A round may be left before its end, for
  // one of another origin, and entered again.
  void enter_round(Slot slot, std::uint64_t round);
  bool in_round() const { return in_round_; }
  // What is sent from here on carries these (Event::born, Event::sent).
  void set_times(TimeNs born, TimeNs sent) {
    born_ = born;
    sent_ = sent;
  }
  // Null: nobody can tap.
  void set_taps(const TapHub* taps) { taps_ = taps; }
  // Null: the task has none.
  void set_hooks(TaskHooks* hooks) { hooks_ = hooks; }
  // Between two rounds, rows wait for the next one.
  void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) override;
  void direct_to(std::size_t stream, std::uint32_t task_id) override {
    direct_to_[stream] = task_id;
  }
  void watch_receivers(std::vector<std::uint32_t>* task_ids) override { receivers_ = task_ids; }
  void anchor_to(std::span<const Anchor> anchors) override { tracker_.descend_from(anchors); }
  void ack(Lineage& input) override;
  void fail(Lineage& input) override;
  void reset_timeout(Lineage& input) override { tracker_.reset_timeout(input); }
  Tracker& tracker() { return tracker_; }
  void end_round(const RoundEnd& end);

  // The receiver of an out-edge has worked off the first `rounds` rounds of an origin.
  void credit(EdgeIndex edge, Slot slot, std::uint64_t rounds, TimeNs now = 0);
  // By slot: the first round that must not begin yet.
  std::span<const std::uint64_t> horizon() const { return horizon_; }
  // May be read by any thread.
  std::uint64_t rows_sent(EdgeIndex edge) const { return rows_sent_[edge].value(); }
  // The edge whose reader is the furthest behind with an origin: who is waited for.
  EdgeIndex slowest_edge(Slot slot) const;

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct UnderWay {                                              // of an edge and an origin
    std::uint64_t rounds_done = 0;                               // as the receiver has said
    std::uint64_t bytes = 0;                                     // of rounds that have ended
    std::uint64_t bytes_open = 0;                                // of the round that has not
    std::deque<std::pair<std::uint64_t, std::uint64_t>> rounds;  // those with rows: round, bytes
  };
  struct Edge {
    OutEdge wiring;
    std::vector<UnderWay> under_way;  // by slot
    bool held = false;                // `newest` is there, not yet sent
    Event newest;
    std::uint32_t dealer = none;  // whose rounds it carries; none: no shuffle by load
    std::uint32_t target = 0;     // of that dealer
  };
  struct Dealt {  // of an origin: the round that was dealt out last, and to whom
    std::uint64_t round = ~std::uint64_t{0};
    EdgeIndex to = 0;
  };
  // The subscriptions of one component share it: a round goes to one of its tasks, all streams.
  struct Dealer {
    LoadShuffle shuffle;
    std::vector<EdgeIndex> targets;
    std::vector<Dealt> dealt;  // by slot
  };
  struct Reader {
    Subscription subscription;
    KeyReader key;
    std::vector<Selection> partitions;  // scratch of a grouping by a key
    std::vector<std::uint64_t> given;   // rows by target, of a partial key grouping
    std::uint32_t dealer = none;        // of a shuffle by load
    std::unique_ptr<Grouping> custom = nullptr;
    std::vector<std::uint32_t> chosen;  // scratch of a custom grouping
  };
  struct Early {  // rows that came between two rounds
    std::size_t stream = 0;
    BatchPtr batch;
    SelectionPtr selection;
    Anchor anchor;
  };
  void route(Reader& reader, std::uint32_t direct_to, const BatchPtr& batch,
             const SelectionPtr& selection);
  std::uint32_t dealer_of(const Subscription& subscription);
  EdgeIndex shuffle_target(const Reader& reader);
  EdgeIndex target_by_load(Dealer& dealer);
  EdgeIndex target_of_round(const Subscription& subscription) const;
  EdgeIndex local_target(const Reader& reader);
  void push(EdgeIndex edge, std::uint32_t input, BatchPtr batch, SelectionPtr selection);
  void send(Edge& edge);
  void deal(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection);
  void push_parts(Reader& reader, const BatchPtr& batch);
  void close(Edge& edge, const RoundEnd& end);
  void partition(Reader& reader, const BatchPtr& batch, const SelectionPtr& selection);
  void update_horizon(Slot slot);
  static std::uint32_t less_used(Reader& reader, std::uint64_t hash);

  std::vector<Edge> edges_;
  std::vector<Counter> rows_sent_;  // beside edges_
  std::vector<std::vector<Reader>> streams_;
  std::vector<Dealer> dealers_;
  std::vector<std::uint64_t> horizon_;
  std::vector<std::uint32_t> origins_;       // by slot
  std::vector<std::uint64_t> rounds_ended_;  // by slot
  Limits limits_;
  const TapHub* taps_ = nullptr;
  TaskHooks* hooks_ = nullptr;
  std::uint32_t component_;
  bool credited_ = false;  // a reader bounds what is under way
  std::uint32_t task_index_;
  std::uint32_t task_count_;
  Slot slot_ = 0;
  std::uint64_t round_ = 0;
  bool in_round_ = false;
  TimeNs born_ = 0;
  TimeNs sent_ = 0;
  std::vector<Early> early_;
  std::vector<std::uint32_t> direct_to_;  // by stream: a task id; of a direct grouping
  std::vector<std::uint32_t>* receivers_ = nullptr;
  Tracker tracker_;
  SendEvent send_;
};

}  // namespace dnstorm::runtime
