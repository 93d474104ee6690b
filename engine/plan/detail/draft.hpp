// A plan in the making: what expand() knows of each component between its steps. One thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"

namespace dnstorm::plan::detail {

using topology::Diagnostic;
using topology::Place;

// One subscription: a stream of the topology file whose two ends are known.
struct DraftInput {
  const topology::Stream* stream = nullptr;
  std::size_t from = 0;               // index of the component
  std::optional<std::size_t> output;  // of that component; nothing: there is no such stream
  // Of a CUSTOM grouping; nothing: it is none, or not valid.
  RawOptions custom_raw = {};
  std::optional<CustomGrouping> custom = {};
  std::vector<std::string> custom_reads = {};
  bool closes_cycle = false;  // such inputs come after the others of their component
};

struct DraftComponent {
  const topology::Component* source = nullptr;
  bool among_spouts = false;
  const OperatorDef* op = nullptr;  // null: className is unknown or stands in the wrong list
  RawOptions raw;                   // what sets the options: arguments, properties, methods
  std::optional<Options> options;   // nothing: not valid
  Options config;
  std::vector<DraftInput> inputs;
  std::optional<Declaration> declaration;  // nothing: a problem here or upstream
  std::vector<Schema> full;                // per output: all fields
  std::uint32_t executors = 1;
  std::uint32_t tasks = 1;
  std::vector<const TaskHookDef*> hooks = {};

  const std::string& id() const { return source->id; }
};

struct Draft {
  const topology::Topology& topology;
  const OperatorRegistry& registry;
  std::vector<DraftComponent> components;  // in the order of the file, spouts first
  // Every component after all that feed it, but for the inputs that close a cycle.
  std::vector<std::size_t> order;
  bool dangling = false;  // a stream names a component that there is not
  std::vector<Diagnostic> problems = {};

  void add(Place place, std::string what) { problems.push_back({place, std::move(what)}); }
};

// ", did you mean 'x'?", or nothing.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);
// Where an option stands, or `otherwise` if it was not written in the file.
Place place_of(const RawOptions& raw, const std::string& option, Place otherwise);

Place place_of(const RawOption& option);

// Something of the file that has options: a component's operator or a stream's custom grouping.
struct Configured {
  std::string who;  // in messages: "'codes' (count)"
  const std::vector<OptionSpec>& options;
  const std::vector<std::string>& constructor;
  const std::vector<MethodDef>& methods;
  const topology::WrittenOptions& written;
  Place place;  // of the class name
};
Configured configured(const DraftComponent& component);
Configured configured(const topology::Stream& stream, const GroupingDef& def);

// What the constructor arguments, properties, methods and the command line make of the options,
// one over the other in this order; nothing (and problems) if they do not fit.
std::optional<RawOptions> gather_options(Draft& draft, const Configured& object);
// The same, checked.
std::optional<Options> parse_options(Draft& draft, const Configured& object, RawOptions raw);
Configured configured(const topology::WorkerHook& hook, const WorkerHookDef& def);

// The worker hooks of the topology, looked up, their options parsed.
std::vector<WorkerHookPlan> resolve_worker_hooks(Draft& draft);
// Those that topology.auto.task.hooks of a component names.
std::vector<const TaskHookDef*> find_task_hooks(Draft& draft, const DraftComponent& component);
// The topology with the spout of the system streams, if somebody reads one of `__system`.
std::optional<topology::Topology> with_system_spout(const topology::Topology& topology);
// Storm's: every component has it; nothing is emitted on it.
inline constexpr std::string_view system_stream = "__system";
// Adds it to what a component declares, if somebody reads it.
void add_system_stream(const Draft& draft, DraftComponent& component);

// Looks up the class of a CUSTOM grouping and parses its options.
void resolve_grouping(Draft& draft, DraftInput& input);
// Lets it say which fields it reads of its stream. False: it does not fit.
bool declare_grouping(Draft& draft, DraftInput& input, const InputDecl& stream);
// Looks up operators, parses options, connects streams.
void resolve(Draft& draft);
// Fills `order` and finds the inputs that close a cycle; refuses cycles, if they are not possible,
// and what no spout feeds.
void order(Draft& draft, bool may_have_cycles);
// Lets each operator say what it gives and needs; checks streams and fields against that.
void declare(Draft& draft, bool exactly_once);
// Executors and tasks, and whether the groupings allow as many.
void set_parallelism(Draft& draft, const ExpandOptions& options);
// What is wrong with the components that `place` names.
void check_places(Draft& draft);
// What is wrong with ExpandOptions::executors.
void check_rebalance(Draft& draft, const std::map<std::string, std::uint32_t>& executors);

// The component that gives on what comes back in a cycle; nothing: there is none. Its inputs are
// numbered as Draft::components until finish_feedback() has the position of each in `components`,
// of which it is the first one.
std::optional<ComponentPlan> make_feedback(const Draft& draft);
void finish_feedback(std::vector<ComponentPlan>& components,
                     const std::vector<std::size_t>& position);

// Which fields of each output are read, by anybody downstream; null: no reader. As
// Draft::components.
using Needs = std::vector<std::vector<std::optional<std::set<std::string>>>>;
Needs needed_fields(const Draft& draft);
// The engine's settings from `config`.
EngineConfig read_config(Draft& draft);
// Storm's settings of every component: the topology's, and its own over them.
void read_component_configs(Draft& draft);

}  // namespace dnstorm::plan::detail
