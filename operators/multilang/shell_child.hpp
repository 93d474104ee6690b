// The conversation with a child process: frames to and fro, time-out, its log and its last words.
//
//   ShellChild child(settings, task);
//   DNSTORM_TRY(child.start());                       // handshake
//   child.send(tuple);  child.send(heartbeat);
//   for (;;) { Command said = DNSTORM_TRY(child.receive()); ... }
//
// receive() writes what waits while it reads, so pipes that are full in both directions do not
// hold it up. `log`, `error` and `metrics` are dealt with here. After an error the child is gone;
// start() begins anew with another one. Owned by one task, used on its thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/api/task_context.hpp"
#include "operators/multilang/child_process.hpp"
#include "operators/multilang/commands.hpp"
#include "operators/multilang/handshake.hpp"
#include "operators/note.hpp"

namespace dnstorm::operators {

struct ShellSettings {
  ProcessSpec process;
  HandshakeParts parts;
  DurationNs timeout = 30 * ns_per_s;
  int log_level = 3;  // what is less is counted only

  static ShellSettings of(const Options& options, const TaskContext& task,
                          std::vector<StreamDecl> streams);
};

class ShellChild {
 public:
  ShellChild(ShellSettings settings, const TaskContext& task, Note note);
  ~ShellChild();

  Result<void> start();
  void send(const Json& message) { outbox_.queue(frame_of(message)); }
  // Before all that waits to be written.
  void answer(const Json& message) { outbox_.answer(frame_of(message)); }
  // Waits for the next command, but no longer than the child may be silent.
  Result<Command> receive();
  // The child hears that no more input will come. What it still says is received as before.
  void close_input();
  // It has ended by itself after close_input(), or before with exit code 0.
  bool ended_well() const { return ended_well_; }
  // A sync that came right behind an error: the child may have said it of its own accord.
  bool sync_in_doubt() const { return sync_in_doubt_; }
  // Waits for the child to say something or to end, at most that long.
  void wait(DurationNs at_most);

 private:
  Result<void> shake_hands();
  void pump(DurationNs at_most);
  void take_output();
  void take_errors();
  void tell_errors(bool all);
  // Logs and counts; false: the command is for the component.
  bool attend(const Command& command);
  void count_metric(const MetricsCommand& metric);
  Error end();
  Error fail(ErrorKind kind, const std::string& what);
  std::string last_words() const;
  void remove_pid_dir();

  ShellSettings settings_;
  const TaskContext& task_;
  Note note_;
  std::unique_ptr<ChildProcess> process_;
  std::string pid_dir_;
  FrameReader frames_;
  Outbox outbox_;
  bool over_ = true;  // nothing more will be read
  bool too_long_ = false;
  bool input_closed_ = false;
  bool ended_well_ = false;
  bool after_error_ = false;
  bool sync_in_doubt_ = false;
  std::string errors_;       // what has come on its standard error, up to a line's end
  std::string last_line_;    // of that
  std::string last_error_;   // of its `error` commands
  std::size_t metrics_ = 0;  // names that have a counter
  Counter* logged_;
  Counter* errors_told_;
  Counter* metrics_dropped_;
};

}  // namespace dnstorm::operators
