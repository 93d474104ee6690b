// Spout: a source of rows.
//
// Life cycle of a task, all calls from one executor, never two at once:
//   open -> [restore] -> { activate | deactivate | next | ack | fail | save }* -> close ->
//   destruction
// next() is called only while every reader has room: a spout that is not asked does not pull, and
// what is lost then is lost in the source, where the spout counts it.
#pragma once

#include "engine/api/emitter.hpp"
#include "engine/api/state.hpp"
#include "engine/api/task_context.hpp"
#include "engine/base/result.hpp"

namespace dnstorm {

class Spout {
 public:
  enum class Next {
    more,  // rows were emitted, or may come at once
    idle,  // nothing there now; next() has waited as long as it may (blocking spouts: <= 10 ms)
    end,   // the source is exhausted
  };

  virtual ~Spout() = default;
  virtual Result<void> open(const TaskContext& task) = 0;
  // Emits about one batch and returns. An error ends the source: what was emitted before counts,
  // the rest of the topology finishes its work, and the run fails with this sentence.
  virtual Result<Next> next(Emitter& out) = 0;
  // Event time of this source: no row before it will follow (but for late ones). Asked after each
  // next(); must not go back. time_min: not known yet.
  virtual TimeNs watermark() const = 0;
  // True if next() waits for a device: the task then gets a thread of its own.
  virtual bool blocking() const { return false; }
  // Exactly-once: where the source stands. After restore() it goes on from there with the same
  // rows in the same calls of next(). A spout that can says so in its declaration (restorable).
  virtual Result<void> save(StateWriter& /*out*/) { return {}; }
  virtual Result<void> restore(StateReader& /*in*/) { return {}; }
  // At-least-once: what was emitted under that number (Emitter::track) has been worked off by all
  // who read it, or has failed or timed out.
  virtual void ack(std::uint64_t /*message*/) {}
  enum class Failed {
    replay,  // emit the same rows once more; the engine has kept them
    drop,    // forget them: the spout will emit them itself, or does not want to
  };
  virtual Failed fail(std::uint64_t /*message*/) { return Failed::replay; }
  virtual void activate() {}
  virtual void deactivate() {}
  virtual void close() {}
};

}  // namespace dnstorm
