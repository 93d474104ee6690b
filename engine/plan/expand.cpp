#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan {

namespace {

using detail::Draft;
using detail::DraftComponent;

// Bounds the work that a file of one megabyte can cause.
constexpr std::size_t components_max = 1000;
constexpr std::size_t streams_max = 10'000;

bool within_bounds(Draft& draft) {
  std::size_t components = draft.topology.spouts.size() + draft.topology.bolts.size();
  if (components > components_max)
    draft.add(
        {}, fmt::format("has {} components; at most {} are possible", components, components_max));
  if (draft.topology.streams.size() > streams_max)
    draft.add({}, fmt::format("has {} streams; at most {} are possible",
                              draft.topology.streams.size(), streams_max));
  bool sourceless = std::all_of(draft.topology.spouts.begin(), draft.topology.spouts.end(),
                                [](const auto& spout) { return spout.id.starts_with("__"); });
  if (sourceless) draft.add({}, "has no spout; a topology begins with at least one");
  return draft.problems.empty();
}

std::vector<OutputPlan> make_outputs(const Draft& draft, std::size_t index,
                                     const detail::Needs& needs,
                                     const std::vector<ComponentPlan>& made,
                                     const std::vector<std::size_t>& position) {
  const DraftComponent& component = draft.components[index];
  std::vector<OutputPlan> outputs;
  for (std::size_t i = 0; i < component.full.size(); ++i) {
    const StreamDecl& declared = component.declaration->outputs[i];
    SchemaPtr schema;
    if (needs[index][i] && declared.forwards_input) {
      // The rows pass through as they are: the schema is not an equal one but the same.
      const detail::DraftInput& input = component.inputs.front();
      schema = made[position[input.from]].outputs[*input.output].schema;
    } else if (needs[index][i]) {
      std::vector<std::string> keep(needs[index][i]->begin(), needs[index][i]->end());
      schema = std::make_shared<const Schema>(component.full[i].pruned(keep));
    }
    outputs.push_back({declared.name, std::move(schema)});
  }
  return outputs;
}

std::map<std::string, std::string> written_settings(const RawOptions& topologys,
                                                    const RawOptions& own) {
  std::map<std::string, std::string> settings;
  for (const RawOptions* level : {&topologys, &own})
    for (const auto& [name, option] : *level)
      // What is said of the servers concerns no component: none is another one by it.
      if (!name.starts_with("topology.capacity."))
        settings[name] = fmt::format("{}", fmt::join(option.values, ","));
  return settings;
}

LoadShuffle load_shuffle(const Options& config) {
  constexpr std::string_view name = "topology.disable.loadaware.messaging";
  if (!config.given(name)) return LoadShuffle::where_exact;
  return config.flag(name) ? LoadShuffle::never : LoadShuffle::always;
}

void set_place(ComponentPlan& plan, const topology::Component& source) {
  plan.place = {source.rule.label, source.rule.node, source.rule.per_node, source.rule.apart};
  plan.cores = plan.config.number("topology.component.cpu.pcore.percent") / 100;
  double megabytes = plan.config.number("topology.component.resources.onheap.memory.mb") +
                     plan.config.number("topology.component.resources.offheap.memory.mb");
  plan.memory = static_cast<std::uint64_t>(megabytes * (1 << 20));
}

std::vector<ComponentPlan> make_components(const Draft& draft) {
  const detail::Needs needs = detail::needed_fields(draft);
  std::vector<std::size_t> position(draft.components.size(), 0);
  std::vector<ComponentPlan> made;
  if (auto feedback = detail::make_feedback(draft)) made.push_back(std::move(*feedback));
  std::size_t closing = 0;  // inputs that close a cycle, so far
  for (std::size_t index : draft.order) {
    const DraftComponent& component = draft.components[index];
    position[index] = made.size();
    ComponentPlan plan;
    plan.id = component.id();
    plan.op = component.op;
    plan.options = *component.options;
    plan.config = component.config;
    plan.may_chain = plan.op->kind == OperatorKind::bolt || component.declaration->never_waits;
    plan.light = component.declaration->light;
    plan.load_shuffle = load_shuffle(plan.config);
    plan.settings = written_settings(draft.topology.config, component.source->config);
    plan.spout_pending_max =
        static_cast<std::uint64_t>(plan.config.integer("topology.max.spout.pending"));
    plan.tick_period = plan.config.integer("topology.tick.tuple.freq.secs") * ns_per_s;
    plan.state = component.declaration->state;
    set_place(plan, *component.source);
    plan.hooks = component.hooks;
    plan.ends_with_others = component.declaration->ends_with_others;
    plan.executors = component.executors;
    plan.tasks = component.tasks;
    for (const detail::DraftInput& input : component.inputs) {
      plan.inputs.push_back({position[input.from], *input.output, input.stream->grouping,
                             input.stream->args, input.custom});
      if (!input.closes_cycle) continue;
      plan.inputs.back().component = 0;
      plan.inputs.back().stream = closing++;
    }
    plan.outputs = make_outputs(draft, index, needs, made, position);
    made.push_back(std::move(plan));
  }
  detail::finish_feedback(made, position);
  return made;
}

// Ids from 1, component by component in alphabetical order, as Storm hands them out; the feedback,
// which is not in the file, comes last.
std::uint32_t number_tasks(std::vector<ComponentPlan>& components) {
  std::vector<ComponentPlan*> by_id;
  for (ComponentPlan& component : components) by_id.push_back(&component);
  std::sort(by_id.begin(), by_id.end(), [](const auto* a, const auto* b) {
    return a->feedback != b->feedback ? b->feedback : a->id < b->id;
  });
  std::uint32_t next = 1;
  for (ComponentPlan* component : by_id) {
    component->first_task = next;
    next += component->tasks;
  }
  return next - 1;
}

}  // namespace

ExpandResult expand(const topology::Topology& written, const OperatorRegistry& registry,
                    const ExpandOptions& options) {
  const std::optional<topology::Topology> completed = detail::with_system_spout(written);
  const topology::Topology& topology = completed ? *completed : written;
  Draft draft{topology, registry, {}, {}};
  ExpandResult result;
  if (within_bounds(draft)) {
    result.plan.name = topology.name;
    result.plan.config = detail::read_config(draft);
    detail::resolve(draft);
    detail::check_places(draft);
    detail::read_component_configs(draft);
    result.plan.worker_hooks = detail::resolve_worker_hooks(draft);
    detail::order(draft, result.plan.config.delivery == Delivery::at_least_once);
    detail::declare(draft, result.plan.config.delivery == Delivery::exactly_once);
    detail::set_parallelism(draft, options);
  }
  if (draft.problems.empty()) {
    result.plan.components = make_components(draft);
    result.plan.task_count = number_tasks(result.plan.components);
    if (result.plan.config.chaining) set_chains(result.plan);
    set_load_shuffles(result.plan);
  }
  result.problems = std::move(draft.problems);
  topology::settle(result.problems, topology.includes);
  return result;
}

std::pair<std::uint32_t, std::uint32_t> executor_tasks(const ComponentPlan& component,
                                                       std::uint32_t executor) {
  DNSTORM_ASSERT(executor < component.executors, "there is no such executor", component.id,
                 executor);
  std::uint32_t share = component.tasks / component.executors;
  std::uint32_t larger =
      component.tasks % component.executors;  // as many get one task more: the first
  std::uint32_t first = executor * share + std::min(executor, larger);
  return {first, first + share + (executor < larger ? 1 : 0)};
}

}  // namespace dnstorm::plan
