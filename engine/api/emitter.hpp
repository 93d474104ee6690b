// Where a task's rows go out. One Emitter belongs to one task and is touched by its executor only.
// Rows are collected per output stream; the runtime seals and routes them when a batch is full and
// when the task has finished with the input event at hand (nothing waits for more input).
#pragma once

#include <vector>

#include "engine/api/batch.hpp"

namespace dnstorm {

class Emitter {
 public:
  // Takes what is ready to go out.
  class Outlet {
   public:
    virtual ~Outlet() = default;
    virtual void deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) = 0;
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

  // Seals and delivers what is open. Called by the runtime.
  void flush();
  std::uint64_t rows_emitted() const { return rows_emitted_; }

 private:
  struct Stream {
    bool wanted;
    BatchBuilder builder;
  };
  void flush(std::size_t stream);

  std::vector<Stream> streams_;
  Outlet& outlet_;
  std::uint64_t rows_emitted_ = 0;
};

}  // namespace dnstorm
