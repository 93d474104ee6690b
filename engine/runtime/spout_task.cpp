#include <algorithm>

#include "engine/base/assert.hpp"
#include "engine/runtime/busy_time.hpp"
#include "engine/runtime/task.hpp"

namespace dnstorm::runtime {

SpoutTask::SpoutTask(const TaskSetup& setup, TaskIndex index)
    : Task(setup, index, true), spout_(component().op->make_spout(component().options)) {}

Result<void> SpoutTask::prepare() {
  prepare_hooks();
  DNSTORM_CHECK(spout_->open(context_));
  if (const std::string* saved = setup_.saved_state(index_)) DNSTORM_CHECK(restore(*saved));
  DurationNs timeout = setup_.plan->config.message_timeout;
  if (roots_ && timeout != 0) rotate_at_ = setup_.clock->steady_ns() + timeout;
  return {};
}

Result<void> SpoutTask::restore(const std::string& saved) {
  StateReader in(saved);
  delivery::TaskState own = restore_own(in);
  watermark_ = own.watermark;
  if (own.ended)
    draining_ = ended_before_ = true;  // nothing to wait for: the stream ends in a turn
  else
    DNSTORM_CHECK(spout_->restore(in));
  if (!in.ok()) return damaged_state();
  return {};
}

void SpoutTask::push(Event) { DNSTORM_ASSERT(false, "a spout has no inputs", context_.component); }

void SpoutTask::set_active(bool active) {
  if (active == active_) return;
  active_ = active;
  if (active)
    spout_->activate();
  else
    spout_->deactivate();
}

void SpoutTask::on_time(TimeNs now) {
  rotate_at_ = now + setup_.plan->config.message_timeout;
  roots_->rotate();
}

bool SpoutTask::may_pull() const {
  if (!active_) return false;
  std::uint64_t most = component().spout_pending_max;
  return !roots_ || most == 0 || roots_->pending() < most;
}

Result<Task::Progress> SpoutTask::run_one() {
  if (finished_) return Progress::finished;
  if (roots_ && roots_->has_ended()) roots_->settle(*spout_, stats_, hooks_.get());
  if (round_ >= router_.horizon().front()) return Progress::blocked;
  BusyTime busy(*setup_.clock, stats_.busy_ns);
  router_.set_times(busy.start(), busy.start());
  if (barrier_ != 0) {
    DNSTORM_CHECK(pass_barrier());
    return Progress::worked;
  }
  if (stop_) {
    draining_ = true;
    if (roots_) roots_->forget_replays();
  }
  if (roots_ && roots_->has_replay()) {
    replay();
    return Progress::worked;
  }
  if (draining_) {
    if (roots_ && roots_->pending() != 0) return Progress::blocked;  // until acks come
    DNSTORM_CHECK(end_stream());
    return Progress::worked;
  }
  if (!may_pull()) return active_ ? Progress::blocked : Progress::idle;
  return pull(busy.start());
}

// A spout that gives a row at a time is asked again until there is a round's worth, or it has
// nothing more, or a millisecond is over: what a round costs is shared, and no row waits for long.
// One that waits in next() is asked once: what it has given must not wait with it, unless the
// topology allows that (topology.round.ms).
Result<Spout::Next> SpoutTask::fill_round(TimeNs began) {
  if (setup_.plan->config.round_time != 0) return gather_round(began);
  constexpr DurationNs longest = ns_per_ms;
  std::uint64_t wanted = emitter_.rows_emitted() + setup_.plan->config.round_rows;
  for (std::uint32_t calls = 1;; ++calls) {
    Result<Spout::Next> next = spout_->next(emitter_);
    if (!next.ok() || *next != Spout::Next::more || emitter_.rows_emitted() >= wanted) return next;
    if (spout_->blocking()) return next;
    if (roots_ && component().spout_pending_max != 0) return next;  // which is to be asked first
    bool look = calls < 16 ? (calls & (calls - 1)) == 0 : calls % 16 == 0;
    if (look && setup_.clock->steady_ns() - began > longest) return next;
  }
}

// Whatever comes until the round's time is over belongs to it. A source that has nothing and does
// not wait for it ends the round, and so does one whose clock stands still (in tests).
Result<Spout::Next> SpoutTask::gather_round(TimeNs began) {
  const std::uint64_t before = emitter_.rows_emitted();
  const std::uint64_t wanted = before + setup_.plan->config.round_rows;
  for (TimeNs asked = began;;) {
    Result<Spout::Next> next = spout_->next(emitter_);
    std::uint64_t emitted = emitter_.rows_emitted();
    if (!next.ok() || *next == Spout::Next::end || emitted == before || emitted >= wanted)
      return next;
    if (roots_ && component().spout_pending_max != 0) return next;  // which is to be asked first
    TimeNs now = setup_.clock->steady_ns();
    bool waits = spout_->blocking() && now != asked;
    if (*next == Spout::Next::idle && !waits) return next;
    if (now - began >= setup_.plan->config.round_time || stop_ || barrier_ != 0) return next;
    asked = now;
  }
}

Result<Task::Progress> SpoutTask::pull(TimeNs began) {
  enter_round(0, round_);
  std::uint64_t emitted_before = emitter_.rows_emitted();
  if (setup_.wiring->feedback) roots_->hold_time(spout_->watermark());
  Result<Spout::Next> next = fill_round(began);
  bool emitted = emitter_.rows_emitted() != emitted_before;
  if (!next.ok() || *next == Spout::Next::end) {
    draining_ = true;
    if (!roots_)
      DNSTORM_CHECK(end_stream());
    else if (emitted)
      finish_round();
    if (!next.ok()) return std::move(next.error());
    return Progress::worked;
  }
  if (setup_.wiring->feedback) emitter_.flush();  // so that the roots of this round are known
  TimeNs reached = this->reached();
  bool idle = *next == Spout::Next::idle;
  bool news = emitted || reached > watermark_;
  if (emitted) {
    silent_since_ = 0;
    told_idle_ = false;
  }
  bool fell_silent = idle && !news && falls_silent();
  // With ticks, a round without rows carries what bolts have emitted of their own accord.
  if (news || fell_silent || (idle && beats())) {
    watermark_ = reached;
    finish_round();
  }
  return idle && !news ? Progress::idle : Progress::worked;
}

// Once at a time of the clock: under one that stands still, an idle source would beat for ever.
bool SpoutTask::beats() {
  if (!setup_.heartbeat) return false;
  return setup_.clock->steady_ns() != std::exchange(beat_at_, setup_.clock->steady_ns());
}

// Where rows may come back to a bolt, event time waits for the roots under way: what belongs to
// them is not late, whatever way it takes and however often it is emitted again.
TimeNs SpoutTask::reached() const {
  TimeNs now = spout_->watermark();
  if (setup_.wiring->feedback) now = std::min(now, roots_->time_held());
  return std::max(watermark_, now);
}

// Silent for long, it says so once, in a round of its own; the next rows take that back.
bool SpoutTask::falls_silent() {
  DurationNs timeout = setup_.plan->config.idle_timeout;
  if (timeout == 0 || told_idle_) return false;
  if (setup_.wiring->feedback && roots_->pending() != 0) return false;  // their rows still come
  TimeNs now = setup_.clock->steady_ns();
  if (silent_since_ == 0) silent_since_ = now;
  told_idle_ = now - silent_since_ >= timeout;
  return told_idle_;
}

std::uint64_t SpoutTask::waits_for(Progress progress) const {
  if (progress == Progress::idle) return 1;
  if (progress != Progress::blocked) return 0;
  if (round_ < router_.horizon().front()) return 2;
  return 16 + 2 * std::uint64_t{router_.slowest_edge(0)};
}

void SpoutTask::finish_round() {
  close_round({watermark_, 0, false, told_idle_});
  ++round_;
}

void SpoutTask::replay() {
  enter_round(0, round_);
  roots_->replay();
  stats_.replayed.add();
  finish_round();
}

// An empty round of its own, so that the rounds before and after it are what they would have been.
Result<void> SpoutTask::pass_barrier() {
  std::uint64_t number = std::exchange(barrier_, 0);
  DNSTORM_CHECK(send_state(number));
  enter_round(0, round_);
  close_round({watermark_, number, false, told_idle_});
  ++round_;
  return {};
}

Result<void> SpoutTask::end_stream() {
  if (!router_.in_round()) enter_round(0, round_);
  close_round({time_max, 0, true, false});
  spout_->close();
  finished_ = true;
  clean_up_hooks();
  if (setup_.run_view && !component().ends_with_others) setup_.run_view->spout_ended_here(index_);
  if (!setup_.send_state) return {};
  StateWriter out;
  save_own(out, true, watermark_);
  setup_.send_state({0, index_, out.take()});
  return {};
}

Result<void> SpoutTask::send_state(std::uint64_t number) {
  StateWriter out;
  // A barrier may come before that turn: the spout has not been restored and has no place.
  save_own(out, ended_before_, watermark_);
  if (!ended_before_) DNSTORM_CHECK(spout_->save(out));
  setup_.send_state({number, index_, out.take()});
  return {};
}

}  // namespace dnstorm::runtime
