#include "engine/runtime/feedback_task.hpp"

#include <algorithm>

#include "engine/runtime/busy_time.hpp"

namespace dnstorm::runtime {

FeedbackTask::FeedbackTask(const TaskSetup& setup, TaskIndex index)
    : Task(setup, index, false),
      origin_(wiring().origins.front()),
      came_round_(wiring().in_edges.size()),
      edges_open_(static_cast<std::uint32_t>(wiring().in_edges.size())),
      undelivered_(context_.counter("undelivered")),
      given_up_(context_.counter("given_up")) {
  for (const InEdge& edge : wiring().in_edges)
    origins_open_ += static_cast<std::uint32_t>(edge.origins.size()) - 1;
  for (std::size_t i = 0; i < context_.inputs.size(); ++i)
    stats_.wait_ns.push_back(std::make_unique<Histogram>());
}

void FeedbackTask::push(Event event) {
  if (event.closes) close(event);
  if (!event.batch) return;
  std::uint32_t rows = event.row_count();
  rows_received_[event.edge].add(rows);
  stats_.executed.add(rows);
  if (ended_)
    undelivered_.add(rows);
  else
    queue_.push_back(std::move(event));
}

void FeedbackTask::close(const Event& event) {
  if (event.origin != origin_) {
    if (event.last) --origins_open_;
    return;
  }
  came_round_[event.edge] = event.round + 1;
  if (event.last) --edges_open_;
}

bool FeedbackTask::all_came_round() const {
  return std::all_of(came_round_.begin(), came_round_.end(),
                     [this](std::uint64_t rounds) { return rounds == round_; });
}

Result<Task::Progress> FeedbackTask::run_one() {
  if (ended_) return edges_open_ == 0 ? Progress::finished : Progress::idle;
  if (origins_open_ == 0) give_up();
  if (queue_.empty() && (origins_open_ != 0 || !all_came_round())) return Progress::idle;
  if (round_ >= router_.horizon().front()) return Progress::blocked;
  if (queue_.empty())
    end_stream();
  else
    send_round();
  return Progress::worked;
}

void FeedbackTask::give_up() {
  std::erase_if(queue_, [this](const Event& rows) {
    if (!stop_ && !rows.anchor) return false;
    given_up_.add(rows.row_count());
    return true;
  });
}

void FeedbackTask::send_round() {
  BusyTime busy(*setup_.clock, stats_.busy_ns);
  router_.set_times(queue_.front().born, busy.start());
  enter_round(0, round_);
  std::uint64_t wanted = emitter_.rows_emitted() + setup_.plan->config.round_rows;
  while (!queue_.empty() && emitter_.rows_emitted() < wanted) {
    Event rows = std::move(queue_.front());
    queue_.pop_front();
    if (tracks()) emitter_.anchor_to(rows.anchor);
    emitter_.forward(rows.input, std::move(rows.batch), std::move(rows.selection));
    emitter_.ack(rows.anchor);
  }
  if (tracks()) emitter_.anchor_to(Anchor());
  close_round({time_min, 0, false, true});
  ++round_;
  if (tracks()) flush_acks();
}

void FeedbackTask::end_stream() {
  enter_round(0, round_);
  close_round({time_max, 0, true, false});
  ended_ = true;
}

std::uint64_t FeedbackTask::waits_for(Progress progress) const {
  if (progress == Progress::idle) return 1;
  if (progress != Progress::blocked) return 0;
  return 16 + 2 * std::uint64_t{router_.slowest_edge(0)};
}

}  // namespace dnstorm::runtime
