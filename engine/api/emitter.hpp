// Where a task's rows go out. One Emitter belongs to one task and is touched by its executor only.
// Rows are collected per output stream; the runtime seals and routes them when a batch is full and
// when the task has finished with the input event at hand (nothing waits for more input).
#pragma once

#include <span>
#include <vector>

#include "engine/api/anchor.hpp"
#include "engine/api/batch.hpp"

namespace dnstorm {

class Emitter {
 public:
  // Takes what is ready to go out.
  class Outlet {
   public:
    virtual ~Outlet() = default;
    virtual void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) = 0;
    // From here on, rows descend from these. Asked for only where rows are tracked.
    virtual void anchor_to(std::span<const Anchor> /*anchors*/) {}
    virtual void track(std::uint64_t /*message*/) {}
    // Rows of that stream go to that task of each of its readers.
    virtual void direct_to(std::size_t /*stream*/, std::uint32_t /*task_id*/) {}
    virtual void watch_receivers(std::vector<std::uint32_t>* /*task_ids*/) {}
    virtual void ack(Lineage& /*input*/) {}
    virtual void fail(Lineage& /*input*/) {}
    virtual void reset_timeout(Lineage& /*input*/) {}
  };

  // `schemas` as in TaskContext::outputs; a null schema is a stream without readers.
  Emitter(std::vector<SchemaPtr> schemas, Outlet& outlet);

  // Whether anybody reads that output stream (index in the order of the declaration). Rows for a
  // stream without readers must not be made.
  bool wanted(std::size_t stream = 0) const { return streams_[stream].wanted; }

  // Begins a row, all fields zero. Valid until the next call on this emitter.
  RowWriter row(std::size_t stream = 0) {
    BatchBuilder& builder = streams_[stream].builder;
    if (builder.full()) [[unlikely]]
      flush(stream);
    ++rows_emitted_;
    return builder.add_row();
  }

  // As row(), for a row whose bytes lie in `block`, `size` of them: RowWriter::refer_bytes() tells
  // where. A stream has either such rows or others.
  RowWriter row_in(const Block& block, std::size_t size, std::size_t stream = 0) {
    BatchBuilder& builder = streams_[stream].builder;
    if (builder.full() || !builder.takes(block)) [[unlikely]]
      flush(stream);
    ++rows_emitted_;
    return builder.add_row_in(block, size);
  }

  // Passes rows of an input batch on unchanged, without a copy (output schema = input schema).
  void forward(std::size_t stream, BatchPtr batch, SelectionPtr selection);

  // As row(), on a direct stream: the row goes to the readers' task of that id (TopologyView). A
  // task that does not read the stream gets nothing.
  RowWriter row_to(std::uint32_t task_id, std::size_t stream = 0);
  // Delivers what is open and answers the ids of the tasks that got it, ascending: where a row went
  // is known when it was alone.
  std::vector<std::uint32_t> flush_telling(std::size_t stream = 0);

  // At-least-once, in a spout: rows emitted from here on, until the next call or the end of next(),
  // are a root of their own, and Spout::ack or fail will be called with this number. Rows without
  // it are a root that nobody hears of where the engine tracks batches, and not tracked otherwise.
  void track(std::uint64_t message);
  // At-least-once, in a bolt that acks itself: rows emitted from here on descend from all of these,
  // and those roots are not done before they are. None: not tracked.
  void anchor_to(std::span<const Anchor> anchors);
  void anchor_to(const Anchor& anchor) { anchor_to({&anchor, 1}); }
  // The bolt is done with an input, or cannot do it. What comes second is without effect.
  void ack(const Anchor& input);
  void fail(const Anchor& input);
  // The input needs longer than topology.message.timeout.secs: its time begins anew.
  void reset_timeout(const Anchor& input);

  // Seals and delivers what is open. Called by the runtime.
  void flush();
  std::uint64_t rows_emitted() const { return rows_emitted_; }

 private:
  struct Stream {
    bool wanted;
    BatchBuilder builder;
    std::uint32_t direct_to = 0;  // the task that open rows are for; 0: the groupings say
  };
  void flush(std::size_t stream);

  std::vector<Stream> streams_;
  Outlet& outlet_;
  std::uint64_t rows_emitted_ = 0;
};

}  // namespace dnstorm
