#include <algorithm>

#include "engine/api/bolt_state.hpp"
#include "engine/runtime/busy_time.hpp"
#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

namespace {

constexpr EdgeIndex no_edge = ~EdgeIndex{0};

}  // namespace

BoltTask::BoltTask(const TaskSetup& setup, TaskIndex index)
    : Task(setup, index, false),
      bolt_(component().op->make_bolt(component().options)),
      acks_itself_(bolt_->acks_itself()),
      merge_(wiring()),
      // A quarter of the window at a time: the sender never runs dry, and credits are few messages.
      credit_stride_(std::max(1u, setup.plan->config.credits / 4)),
      uncredited_(wiring().origins.size()),
      brought_by_load_(wiring().origins.size(), no_edge),
      origin_watermarks_(wiring().origins.size(), time_min),
      origin_idle_(wiring().origins.size()),
      origins_open_(static_cast<std::uint32_t>(wiring().origins.size())) {
  // The feedback has no event time, and may have no round for long.
  for (Slot slot = 0; slot < origin_idle_.size(); ++slot)
    origin_idle_[slot] = wiring().origins[slot] == setup.wiring->feedback;
}

Result<void> BoltTask::prepare() {
  for (std::size_t i = 0; i < context_.inputs.size(); ++i)
    stats_.wait_ns.push_back(std::make_unique<Histogram>());
  prepare_hooks();
  DNSTORM_CHECK(bolt_->prepare(context_));
  if (const std::string* saved = setup_.saved_state(index_)) DNSTORM_CHECK(restore(*saved));
  if (component().tick_period != 0) tick_at_ = setup_.clock->steady_ns() + component().tick_period;
  return {};
}

Result<void> BoltTask::restore(const std::string& saved) {
  StateReader in(saved);
  delivery::TaskState own = restore_own(in);
  ended_before_ = own.ended;
  watermark_ = own.watermark;
  if (!ended_before_) DNSTORM_CHECK(restore_bolt(*bolt_, in));
  if (!in.ok()) return damaged_state();
  return {};
}

void BoltTask::on_time(TimeNs now) {
  if (finished_) {
    tick_at_ = time_max;
    return;
  }
  // A machine that was asleep does not make up for the ticks it has missed.
  tick_at_ = now + component().tick_period;
  BusyTime busy(*setup_.clock, stats_.busy_ns);
  if (tracks()) emitter_.anchor_to(Anchor());
  bolt_->tick(emitter_);
  if (tracks()) flush_acks();
}

Result<Task::Progress> BoltTask::run_one() {
  if (finished_) return Progress::finished;
  auto step = merge_.step(router_.horizon());
  if (!step) return has_room() ? Progress::idle : Progress::blocked;
  TimeNs began = setup_.clock->steady_ns();
  end_wait(began);
  enter_round(step->slot, step->event.round);
  router_.set_times(step->event.born, began);
  if (step->event.batch) {
    uncredited_[step->slot] += step->event.batch->byte_size();
    if (wiring().in_edges[step->event.edge].by_load)
      brought_by_load_[step->slot] = step->event.edge;
    execute(step->event);
  }
  Result<void> done;
  if (step->round_complete) done = complete_round(*step);
  measure(step->event, began);
  if (!done.ok()) return std::move(done.error());
  return Progress::worked;
}

void BoltTask::measure(const Event& event, TimeNs began) {
  TimeNs ended = setup_.clock->steady_ns();
  auto busy = static_cast<std::uint64_t>(ended - began);
  stats_.busy_ns.add(busy);
  std::uint32_t rows = event.row_count();
  if (rows == 0) return;
  if (hooks_) [[unlikely]]
    hooks_->executed(event.input, *event.batch, event.selection.get(), ended - began);
  stats_.execute_ns.record(busy);
  stats_.latency_ns.record(static_cast<std::uint64_t>(ended - event.born), rows);
  stats_.wait_ns[event.input]->record(static_cast<std::uint64_t>(began - event.sent), rows);
}

void BoltTask::execute(const Event& event) {
  std::uint32_t rows = event.row_count();
  rows_received_[event.edge].add(rows);
  if (setup_.taps != nullptr && setup_.taps->any_open()) [[unlikely]]
    setup_.taps->show({wiring().component, TapPlace::Side::input, event.input}, wiring().index,
                      *event.batch, event.selection.get());
  if (tracks()) descend_from(event.anchor);
  bolt_->execute({event.input, event.batch, event.selection, event.anchor}, emitter_);
  stats_.executed.add(rows);
  if (tracks() && acks_itself_) flush_acks();
}

// Rows of one root may share a batch though they came in several: only the sum counts.
void BoltTask::descend_from(const Anchor& anchor) {
  if (!anchor || acks_itself_) {
    emitter_.anchor_to(Anchor());
    return;
  }
  if (router_.tracker().same_roots(anchor))
    router_.anchor_to({&anchor, 1});
  else
    emitter_.anchor_to(anchor);
  executed_.push_back(anchor);
}

// What the rows of the round have given has left: they are done.
void BoltTask::settle_acks() {
  for (const Anchor& anchor : executed_) {
    if (anchor->settled) continue;
    router_.ack(*anchor);
    anchor->settled = true;
  }
  executed_.clear();
  flush_acks();
}

// Event time is that of the origin furthest behind, but for those that are silent.
void BoltTask::advance(const InputMerge::Step& step) {
  origin_watermarks_[step.slot] = step.last ? time_max : step.watermark;
  origin_idle_[step.slot] = step.idle;
  TimeNs reached = time_max;
  bool any = false;
  for (Slot slot = 0; slot < origin_watermarks_.size(); ++slot) {
    if (origin_idle_[slot]) continue;
    reached = std::min(reached, origin_watermarks_[slot]);
    any = true;
  }
  if (!any || reached <= watermark_ || ended_before_) return;
  watermark_ = reached;
  bolt_->watermark(watermark_, emitter_);
}

std::uint64_t BoltTask::waits_for(Progress progress) const {
  if (progress == Progress::blocked) return 16 + 2 * std::uint64_t{router_.slowest_edge(slot_)};
  if (progress != Progress::idle) return 0;
  auto edge = merge_.waits_for();
  return edge ? 16 + 2 * std::uint64_t{*edge} + 1 : 1;
}

Result<void> BoltTask::complete_round(const InputMerge::Step& step) {
  // What a window gives descends from all that it has seen, and that has been acked.
  if (tracks()) emitter_.anchor_to(Anchor());
  advance(step);
  Result<void> done;
  if (step.last && --origins_open_ == 0) {
    if (!ended_before_) done = bolt_->finish(emitter_);
    finished_ = true;
  }
  close_round({step.watermark, step.checkpoint, step.last, step.idle});
  if (tracks()) settle_acks();
  if (!step.last) return_credit(step.slot, step.event.round + 1);
  if (finished_) clean_up_hooks();
  if (setup_.send_state && done.ok()) {
    if (finished_)
      DNSTORM_CHECK(send_state(0));
    else if (step.aligned != 0)
      DNSTORM_CHECK(send_state(step.aligned));
  }
  return done;
}

Result<void> BoltTask::send_state(std::uint64_t number) {
  StateWriter out;
  bool ended = number == 0 || ended_before_;  // restored from its end, it has no state to save
  save_own(out, ended, watermark_);
  if (!ended) DNSTORM_CHECK(save_bolt(*bolt_, out));
  setup_.send_state({number, index_, out.take()});
  return {};
}

void BoltTask::return_credit(Slot slot, std::uint64_t rounds) {
  EdgeIndex dealt = std::exchange(brought_by_load_[slot], no_edge);
  // Early where rounds are large: a sender that waits for bytes must not wait for rounds.
  bool large = uncredited_[slot] >= setup_.plan->config.edge_bytes / 4;
  if (rounds % credit_stride_ != 0 && !large) {
    // At once to who deals by load: a task that is done must not look as if it were busy.
    if (dealt != no_edge) send_credit(wiring().in_edges[dealt], slot, rounds);
    return;
  }
  uncredited_[slot] = 0;
  for (const InEdge& edge : wiring().in_edges) send_credit(edge, slot, rounds);
}

void BoltTask::send_credit(const InEdge& edge, Slot slot, std::uint64_t rounds) {
  std::uint32_t origin = wiring().origins[slot];
  auto at = std::find(edge.origins.begin(), edge.origins.end(), origin);
  if (at == edge.origins.end()) return;
  setup_.send.credit(
      {edge.from, edge.out_edge, static_cast<Slot>(at - edge.origins.begin()), rounds});
}

}  // namespace dnstorm::runtime
