// The operators that a topology file can name. A value made by main from one explicit list
// (operators/catalog.cpp) and handed down; nothing registers itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/grouping.hpp"
#include "engine/api/hook.hpp"
#include "engine/api/options.hpp"
#include "engine/api/spout.hpp"

namespace dnstorm {

enum class OperatorKind : std::uint8_t { spout, bolt, sink };

struct StreamDecl {
  std::string name = "default";
  std::vector<Field> fields;
  // The stream passes rows of input 0 on as they are (Emitter::forward): it has the fields of that
  // input, and what its readers read is read from that input.
  bool forwards_input = false;
  // The stream has rows of input 0 with fields added or changed: those with the name of a field of
  // the input are made of it, so what its readers read of them is read from that input.
  bool extends_input = false;
  // With extends_input: the stream has rows of all inputs, and all that is said of input 0 is so of
  // each.
  bool of_all_inputs = false;
  // The operator names the task that gets a row (Emitter::row_to): read by DIRECT only, and DIRECT
  // reads no other.
  bool direct = false;
};

// One subscription as `declare` sees it: the full, unpruned schema.
struct InputDecl {
  std::string component;
  std::string stream;
  Schema schema;
};

// What the saved state of a task belongs to: whether a run can go on from a checkpoint with another
// number of tasks of the component.
enum class StateScope : std::uint8_t {
  task,    // the task as a whole: no
  none,    // there is none, what a bolt gives depends on the batch at hand alone, and it gives
           // nothing of its own accord: yes; and a shuffle may choose its tasks by their load
  keyed,   // to keys, each of them in one task (Bolt::keyed_state): behind a fields grouping
  partial  // to keys, and parts of one key's state in several tasks can be merged: yes
};

// What an operator, with these options and inputs, gives and needs.
struct Declaration {
  std::vector<StreamDecl> outputs;
  // Per input: the fields that it reads; used to prune what nobody reads.
  std::vector<std::vector<std::string>> reads;
  // Fields that must reach the same task when there are several tasks: a fields grouping on all or
  // some of them (or one task) is asked for. Empty: any grouping will do.
  std::vector<std::string> partition_by;
  // The fields grouping must name exactly partition_by, in its order (state is kept per key group,
  // and the hash of several fields depends on their order).
  bool partition_exact = false;
  // A task can go on from a checkpoint: it has no state, or save() and restore() are all of it.
  bool restorable = false;
  StateScope state = StateScope::task;
  // A sink that never waits for anything: it may run in its source's executors.
  bool never_waits = false;
  // A row costs so little (some ten nanoseconds) that handing it to another thread costs as much: a
  // single task may run in the executor of a single task that feeds it, whatever the grouping.
  bool light = false;
  // Of a spout that is no source of its own: it ends when all other spouts have, so a topology
  // needs another one.
  bool ends_with_others = false;
  // Only one task makes sense (a table that is ranked as a whole, a database file).
  bool single_task = false;
};

// A method of Storm's class that a topology file may call (configMethods), as the options that its
// arguments set, in their order. A list that stands last takes all arguments that are left; a
// single flag is set by a call without arguments. A single list with a `+` behind its name gets one
// more item from each call: FIRST=OTHER,OTHER.
struct MethodDef {
  std::string name;
  std::vector<std::string> options;
};

struct OperatorDef {
  std::string name;
  OperatorKind kind = OperatorKind::bolt;
  std::string summary;  // one sentence
  std::vector<OptionSpec> options;
  std::string example;  // YAML of the component
  // Full names of Storm's classes with the same meaning; found by their simple name, too.
  std::vector<std::string> aliases = {};
  // The options that constructorArgs set, in their order; a list that stands last takes all that
  // are left. Empty: the operator takes no arguments.
  std::vector<std::string> constructor = {};
  std::vector<MethodDef> methods = {};
  // Pure: checks options against inputs. Error::subject names the option at fault.
  std::function<Result<Declaration>(const Options&, const std::vector<InputDecl>&)> declare;
  // One of the two, by kind. Called once a task; cheap; opening things is for open()/prepare().
  std::function<std::unique_ptr<Spout>(const Options&)> make_spout;
  std::function<std::unique_ptr<Bolt>(const Options&)> make_bolt;
};

// Operators, custom groupings and hooks: no two of them have the same name.
class OperatorRegistry {
 public:
  void add(OperatorDef def);
  void add(GroupingDef def);
  void add(TaskHookDef def);
  void add(WorkerHookDef def);
  // By name, alias, or the simple name of an alias (`Count` of `org.x.Windows$Count`); null if
  // there is none.
  const OperatorDef* find(std::string_view name) const;
  const std::vector<OperatorDef>& all() const { return defs_; }
  std::vector<std::string> names() const;
  // The same with the aliases, full and simple: what a wrong name may have been meant to be.
  std::vector<std::string> all_names() const;
  // The same for groupings.
  const GroupingDef* find_grouping(std::string_view name) const;
  const std::vector<GroupingDef>& groupings() const { return groupings_; }
  std::vector<std::string> all_grouping_names() const;
  // The same for hooks.
  const TaskHookDef* find_task_hook(std::string_view name) const;
  const std::vector<TaskHookDef>& task_hooks() const { return task_hooks_; }
  std::vector<std::string> all_task_hook_names() const;
  const WorkerHookDef* find_worker_hook(std::string_view name) const;
  const std::vector<WorkerHookDef>& worker_hooks() const { return worker_hooks_; }
  std::vector<std::string> all_worker_hook_names() const;
  bool is_free(std::string_view name) const;

 private:
  std::vector<OperatorDef> defs_;
  std::vector<GroupingDef> groupings_;
  std::vector<TaskHookDef> task_hooks_;
  std::vector<WorkerHookDef> worker_hooks_;
};

// For `declare`: the field of an input, or an error that names the fields there are.
// `subject` is the option through which the field was asked for.
Result<Field> require_field(const InputDecl& input, const std::string& name,
                            const std::string& subject);

}  // namespace dnstorm
