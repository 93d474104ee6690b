// The task of `__feedback` (plan::Plan::components): where cycles of streams are cut. What bolts
// emit on a stream that closes a cycle comes here, and goes on to its readers in rounds of this
// task's own, as that of a spout would. So rounds, credits and the end of the input know no cycle.
//
// - It takes in whatever comes, at once: no bolt waits for room here, and so no cycle of credits
// can
//   come to a deadlock. What waits here belongs to roots under way, or to nobody; spouts bound the
//   roots (topology.max.spout.pending).
// - Rows keep their roots: what goes on descends from what came.
// - It has no event time and holds nobody's up. Spouts hold theirs back while roots are under way
//   (SpoutTask), so rows that belong to a root are not late however often they go round.
// - The end: all spouts behind its inputs have ended, nothing waits here, and each round of its own
//   has gone round. Every root is done by then: a tracked row that still turns up is of one that
//   was given up or emitted again, and is dropped (counter `given_up`). Rows that a bolt emits when
//   its input has ended have nobody left to go to (counter `undelivered`).
//
// One task and one origin for all cycles of a topology: cycles that cross end together.
#pragma once

#include <deque>

#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

class FeedbackTask final : public Task {
 public:
  FeedbackTask(const TaskSetup& setup, TaskIndex index);
  Result<void> prepare() override { return {}; }
  bool blocking() const override { return false; }
  bool is_spout() const override { return false; }
  void push(Event event) override;
  Result<Progress> run_one() override;
  // From here on, rows that nobody tracks are given up at the end, too: they might go round for
  // ever.
  void request_stop() override { stop_ = true; }

 private:
  void close(const Event& event);
  void give_up();
  bool all_came_round() const;
  void send_round();
  void end_stream();
  std::uint64_t waits_for(Progress progress) const override;

  std::uint32_t origin_;  // this task's own
  std::deque<Event> queue_;
  std::uint64_t round_ = 0;
  std::vector<std::uint64_t> came_round_;  // by in-edge: rounds of its own that are closed there
  std::uint32_t origins_open_ = 0;         // of all in-edges together, but for its own
  std::uint32_t edges_open_;               // in-edges that its own end has not come by
  Counter& undelivered_;
  Counter& given_up_;
  bool stop_ = false;
  bool ended_ = false;  // its last round is on its way
};

}  // namespace dnstorm::runtime
