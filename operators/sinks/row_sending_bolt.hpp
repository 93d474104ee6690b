// The sinks that send a text for each row (webhook, syslog): rows wait until event time has passed
// their window, go to a RowSender in one order, and what the receiver has not answered for is part
// of a checkpoint and comes again. A sink says how a row is written and who receives it.
//
//   prepare():  add_input(*input.schema) for each; start(settings, receiver, pause, task, note)
#pragma once

#include <memory>
#include <vector>

#include "engine/api/bolt.hpp"
#include "operators/sinks/row_order.hpp"
#include "operators/sinks/row_sender.hpp"

namespace dnstorm::operators {

class RowSendingBolt : public Bolt {
 public:
  void execute(const InputBatch& in, Emitter&) final {
    const RowTimes& times = times_[in.input];
    for (RowView row : in.rows()) {
      RowSpan span = times.of(row);
      append(rows_.add(span).text, in.input, row, span.end);
    }
  }
  void watermark(TimeNs now, Emitter&) final {
    for (OrderedRow& row : rows_.take(now)) sender_->push(std::move(row.text));
  }
  Result<void> finish(Emitter&) final { return sender_->finish(); }
  bool blocking() const final { return true; }

  Result<void> save(StateWriter& out) final {
    rows_.save(out);
    sender_->save(out);
    return {};
  }
  Result<void> restore(StateReader& in) final {
    rows_.restore(in);
    return sender_->restore(in);
  }

 protected:
  void add_input(const Schema& schema) { times_.emplace_back(schema); }

  // The sender's thread begins.
  void start(RowSenderSettings settings, std::unique_ptr<RowReceiver> receiver,
             std::unique_ptr<Pause> pause, const TaskContext& task, Note note) {
    receiver_ = std::move(receiver);
    pause_ = std::move(pause);
    settings.seed = static_cast<std::uint32_t>(task.clock->steady_ns());
    sender_ = std::make_unique<RowSender>(std::move(settings), *receiver_, *pause_,
                                          RowSenderCounters::of(*task.counters), std::move(note));
  }

 private:
  // What is sent of a row whose time has passed at `end`.
  virtual void append(std::string& text, std::size_t input, const RowView& row,
                      TimeNs end) const = 0;

  std::vector<RowTimes> times_;  // one an input
  RowOrder rows_;
  std::unique_ptr<RowReceiver> receiver_;
  std::unique_ptr<Pause> pause_;
  std::unique_ptr<RowSender> sender_;  // last: its thread uses what stands above
};

}  // namespace dnstorm::operators
