// Bolt: takes rows, gives rows. What an operator's author writes; nothing of threads, queues or
// nodes.
//
// Life cycle of a task, all calls from one executor, never two at once:
//   prepare -> [restore] -> { execute | watermark | tick | save }* -> finish -> destruction
// Inputs arrive in the order of the source whatever the parallelism on the way (ARCHITECTURE.md,
// "rounds"), so a bolt is a function of its input: the same input gives the same output.
// What a call emits leaves when the call returns.
#pragma once

#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/emitter.hpp"
#include "engine/api/state.hpp"
#include "engine/api/task_context.hpp"
#include "engine/base/result.hpp"

namespace dnstorm {

class KeyedState;

// Some rows of one input. `batch` and `selection` are there to be passed on (Emitter::forward).
struct InputBatch {
  std::size_t input = 0;  // index into TaskContext::inputs
  BatchPtr batch;
  SelectionPtr selection;  // null: all rows
  Anchor anchor = {};      // of these rows; null: not tracked
  Rows rows() const { return Rows(*batch, selection.get()); }
};

class Bolt {
 public:
  virtual ~Bolt() = default;
  // Once, before the first input. `task` stays valid. An error stops the topology with its
  // sentence.
  virtual Result<void> prepare(const TaskContext& task) = 0;
  virtual void execute(const InputBatch& in, Emitter& out) = 0;
  // Event time has reached `now`: no row before it follows, but for late ones (which the operator
  // must expect and count). Grows from call to call.
  virtual void watermark(TimeNs /*now*/, Emitter& /*out*/) {}
  // The input has ended; a last watermark of time_max has been delivered before. An error (a sink
  // that could not deliver all) makes the run fail with its sentence.
  virtual Result<void> finish(Emitter& /*out*/) { return {}; }
  // Every topology.tick.tuple.freq.secs of processing time, the first time after one full period
  // (Storm's tick tuples). Rows emitted here leave with the next round.
  virtual void tick(Emitter& /*out*/) {}
  // Exactly-once: all that the task must know to go on as if nothing had happened. save() is called
  // between two rounds, restore() after prepare() and before the first input, with what save()
  // wrote. An operator with state says in its declaration that it has these (restorable).
  virtual Result<void> save(StateWriter& /*out*/) { return {}; }
  virtual Result<void> restore(StateReader& /*in*/) { return {}; }
  // State by key (engine/api/keyed_state.hpp), saved and restored by the engine, key group by key
  // group, so that a run can go on with another number of tasks (Declaration::state). Always the
  // same ones, in the same order; asked after prepare(). restore() comes before theirs. With
  // these, save() writes only what is the same in all tasks of the component.
  virtual std::vector<KeyedState*> keyed_state() { return {}; }
  // At-least-once: false, and the rows of a call are acked when execute() has returned and what it
  // emitted descends from them. True, and the bolt names anchors and acks itself
  // (Emitter::anchor_to, ack, fail), at any time until finish().
  virtual bool acks_itself() const { return false; }
  // True if a call may wait for the outside world (a database, a socket): the task then gets a
  // thread of its own, so that it delays nobody else.
  virtual bool blocking() const { return false; }
};

// A bolt written tuple by tuple: slower by a virtual call a row, easier to write.
class TupleBolt : public Bolt {
 public:
  virtual void execute(const RowView& tuple, std::size_t input, Emitter& out) = 0;
  void execute(const InputBatch& in, Emitter& out) final {
    for (RowView row : in.rows()) execute(row, in.input, out);
  }
};

}  // namespace dnstorm
