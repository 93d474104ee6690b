// A plan: a checked topology, resolved to tasks and executors. A printable value; the runtime runs
// it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/topology/topology.hpp"

namespace dnstorm::plan {

using topology::GroupingType;

struct OutputPlan {
  std::string name;
  SchemaPtr schema;  // pruned to what is read; null: nobody reads the stream
};

// The class of a CUSTOM grouping, with its options.
struct CustomGrouping {
  const GroupingDef* def = nullptr;
  Options options;
};

struct InputPlan {
  std::size_t component = 0;  // index into Plan::components
  std::size_t stream = 0;     // index into its outputs
  GroupingType grouping = GroupingType::shuffle;
  std::vector<std::string> fields;  // of a fields grouping
  std::optional<CustomGrouping> custom = {};
  bool by_load = false;  // a shuffle that chooses by load: see set_load_shuffles()
};

// topology.disable.loadaware.messaging: whether shuffles to a component look at the load.
enum class LoadShuffle : std::uint8_t {
  where_exact,  // not said: where no result can depend on it
  never,        // true: in turn
  always,       // false: wherever the order of the source survives it, whatever the bolt keeps
};

// `place` of a component: which nodes of a cluster run it.
struct PlaceRule {
  std::string label;               // nodes with that label; "": any
  std::string node;                // that very one; "": any
  bool per_node = false;           // one task on each such node
  std::vector<std::string> apart;  // components not to share a node with; itself: its executors
  bool operator==(const PlaceRule&) const = default;
};

struct WorkerHookPlan {
  std::string id;
  const WorkerHookDef* def = nullptr;
  Options options;
};

struct ComponentPlan {
  std::string id;
  const OperatorDef* op = nullptr;
  Options options;
  Options config;  // Storm's settings of a component, its own over the topology's
  std::map<std::string, std::string> settings;  // the same and the topology's others, as written
  std::uint32_t executors = 1;
  std::uint32_t tasks = 1;
  std::uint32_t first_task =
      1;  // ids are handed out from 1 in alphabetical order of component ids (Storm)
  std::vector<OutputPlan> outputs;
  std::vector<InputPlan> inputs;
  bool may_chain = false;  // a bolt, or a sink that never waits
  bool light = false;      // Declaration::light
  LoadShuffle load_shuffle = LoadShuffle::where_exact;
  PlaceRule place;
  // What an executor asks of its node: topology.component.cpu.pcore.percent / 100, and both kinds
  // of topology.component.resources.*.memory.mb in bytes. 0: nothing.
  double cores = 0;
  std::uint64_t memory = 0;
  // The component in whose executors this one's tasks run, each behind the task of the same number;
  // none: it has executors of its own.
  std::optional<std::size_t> chained_to;
  std::uint64_t spout_pending_max = 0;  // roots under way of a task; 0: no limit
  DurationNs tick_period = 0;           // 0: no ticks
  StateScope state = StateScope::task;  // Declaration::state
  bool stateless() const { return state == StateScope::none; }
  std::vector<const TaskHookDef*> hooks;  // topology.auto.task.hooks
  bool ends_with_others = false;          // Declaration::ends_with_others
  bool feedback = false;                  // see Plan::components
  bool is_spout() const { return op->kind == OperatorKind::spout; }
};

enum class Delivery : std::uint8_t {
  none,           // what a failure hits is lost
  at_least_once,  // every row is tracked to its end, and emitted again if it fails
  exactly_once,   // checkpoints: after a failure the run goes on as if there had been none
};

// Where the numbers of every task go, and how often.
struct MetricsConfig {
  DurationNs period = 10 * ns_per_s;  // topology.builtin.metrics.bucket.size.secs
  // topology.metrics.influx.*, as written, by what stands for the star; empty: nowhere.
  std::map<std::string, std::string> influx;
};

// What the servers that are watched can carry, for the board: as written, topology.capacity.*.
struct CapacityConfig {
  std::vector<std::string> limits;  // [SERVER=]RATE
  double share = 80;                // of a limit that is not to be passed, in %
};

// Settings of the engine, from the topology's `config`.
struct EngineConfig {
  std::uint32_t threads = 0;            // topology.threads: CAF workers; 0: one a core
  std::uint32_t credits = 16;           // topology.edge.credits: rounds under way on an edge
  std::uint64_t edge_bytes = 16 << 20;  // topology.edge.bytes: the same in bytes
  std::uint32_t round_rows = 256;       // topology.round.rows: at which a source's round ends
  DurationNs round_time = 0;            // topology.round.ms; 0: a round is not held open
  std::string scheduler = "sharing";    // topology.scheduler: sharing | stealing
  bool chaining = true;                 // topology.chaining: see set_chains()
  DurationNs idle_timeout = 0;  // topology.idle.timeout.ms: then a silent source holds up no window
  Delivery delivery = Delivery::none;
  bool track_rows = false;             // topology.acking: a root is a row, not a batch
  DurationNs message_timeout = 0;      // topology.message.timeout.secs; 0: never
  DurationNs checkpoint_interval = 0;  // topology.state.checkpoint.interval.ms
  std::string checkpoint_dir;          // topology.checkpoint.dir
  std::uint32_t workers = 0;           // topology.workers: nodes at most; 0: all
  MetricsConfig metrics;
  CapacityConfig capacity;
};

struct Plan {
  std::string name;
  EngineConfig config;
  // Every component after all that feed it. Where streams form cycles, the first one is no
  // operator: `feedback` reads the streams that close a cycle (input n comes out as output n) and
  // gives their rows on in rounds of its own, so that without its inputs the plan has no cycle.
  std::vector<ComponentPlan> components;
  std::uint32_t task_count = 0;
  std::vector<WorkerHookPlan> worker_hooks;  // in the order of the file
};

struct ExpandOptions {
  std::uint32_t parallelism =
      0;  // executors and tasks of every component that may have several; 0: as written
  // How many nodes there are with a label; "": at all. As many tasks has a component that is placed
  // per node; where there is nothing, one.
  std::map<std::string, std::uint32_t> nodes_by_label = {};
  // Executors of single components, from a rebalance. Their tasks stay: more executors than tasks
  // are as many as tasks.
  std::map<std::string, std::uint32_t> executors = {};
};

struct ExpandResult {
  Plan plan;
  std::vector<topology::Diagnostic> problems;
  bool ok() const { return problems.empty(); }
};

// Whether streams form cycles.
inline bool has_cycles(const Plan& plan) {
  return !plan.components.empty() && plan.components.front().feedback;
}
// The component, and the output of it, that an input reads as the topology's author wrote it: past
// the feedback.
std::pair<std::size_t, std::size_t> source_of(const Plan& plan, const InputPlan& input);

// Checks names, options, fields, groupings, cycles and reachability; resolves schemas, prunes
// fields that nobody reads, numbers the tasks. Pure. `registry` must outlive the plan.
ExpandResult expand(const topology::Topology& topology, const OperatorRegistry& registry,
                    const ExpandOptions& options = {});

// Chains every bolt whose rows stay in place (Flink's chaining): it has one source, as many tasks
// and executors as that, the same `place`, and gets its rows by LOCAL_OR_SHUFFLE, or there is one
// task on both sides
// and the grouping only deals out. Its tasks then work on a batch right after the source's, on the
// same thread, while it is in the cache. A key (FIELDS) or a GLOBAL begins a new chain, and so
// does a sink, but for those that never wait for a target. Called by expand() if `chaining` is set.
void set_chains(Plan& plan);

// Marks the shuffles that choose their task by load (engine/runtime/load_shuffle.hpp). Two things
// must hold, so that results are those of a shuffle in turn:
// - Every round is dealt out by one task, once: the bolt has one source, and what that sends of a
//   round comes from one of its tasks. Otherwise parts of a round, dealt to several tasks, would
//   come together behind them in an order that depends on timing.
// - The bolt is stateless, or the topology says that it does not matter (LoadShuffle::always).
// Called by expand().
void set_load_shuffles(Plan& plan);

// First task (0-based within the component) of each executor and one past the last: contiguous,
// even.
std::pair<std::uint32_t, std::uint32_t> executor_tasks(const ComponentPlan& component,
                                                       std::uint32_t executor);

// Of all that decides what a task's saved state means, but for the numbers of tasks: components,
// options, streams.
std::uint64_t fingerprint(const Plan& plan);
// Of all that the file says of a component, with the topology's settings as far as it may see them:
// whether it is another one than before.
std::uint64_t digest(const ComponentPlan& component);

// Whether saved states of a component can be given to another number of tasks, and to which.
enum class Rescaling : std::uint8_t {
  by_group,       // a key group to the task that owns it
  to_first_task,  // all to the first task, which gets all rows
  spout,          // no: a task's place in its source
  not_by_key,     // no: state that belongs to a task
  torn            // no: state by key, and groupings by which it has no one place
};
Rescaling rescaling(const ComponentPlan& component);

// One line a component: tasks, schema, groupings (`dnstorm explain`).
std::string explain(const Plan& plan);

}  // namespace dnstorm::plan
