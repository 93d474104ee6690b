#include <algorithm>
#include <set>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Whether several tasks of a component get from this input what belongs together.
bool keeps_together(const topology::Stream& stream, const Declaration& declaration) {
  if (stream.grouping == GroupingType::global) return true;  // all rows go to one task
  if (stream.grouping != GroupingType::fields) return false;
  // The hash of several fields depends on their order.
  if (declaration.partition_exact) return stream.args == declaration.partition_by;
  std::set<std::string> keys(declaration.partition_by.begin(), declaration.partition_by.end());
  std::set<std::string> by(stream.args.begin(), stream.args.end());
  return std::includes(keys.begin(), keys.end(), by.begin(), by.end());
}

// What a node gives stays on it, and the state that is kept of it is that of the node: a
// transaction, a TCP stream. What could give parts has to: its results would be of one node each.
bool is_of_node(const Draft& draft, const DraftComponent& component, const DraftInput& input) {
  const topology::PlaceRule& from = draft.components[input.from].source->rule;
  const topology::PlaceRule& to = component.source->rule;
  bool gives_parts = std::any_of(component.op->options.begin(), component.op->options.end(),
                                 [](const OptionSpec& spec) { return spec.name == "partial"; });
  return from.per_node && to.per_node && from.label == to.label && !gives_parts &&
         input.stream->grouping == GroupingType::local_or_shuffle;
}

// The first input whose grouping would tear apart what belongs together; null: there is none.
const topology::Stream* torn_input(const Draft& draft, const DraftComponent& component) {
  if (component.declaration->partition_by.empty()) return nullptr;
  for (const DraftInput& input : component.inputs)
    if (!keeps_together(*input.stream, *component.declaration) &&
        !is_of_node(draft, component, input))
      return input.stream;
  return nullptr;
}

void check_tasks(Draft& draft, const DraftComponent& component) {
  const topology::Component& source = *component.source;
  const Declaration& declaration = *component.declaration;
  bool per_node = source.rule.per_node;
  std::string who =
      fmt::format("'{}' ({}) has {}", source.id, component.op->name,
                  per_node ? "a task on each node" : fmt::format("{} tasks", component.tasks));
  if (declaration.single_task) {
    Place place = source.num_tasks != 0 ? source.num_tasks_place : source.parallelism_place;
    draft.add(per_node ? source.rule.place : place,
              fmt::format("{} but works as one only: {}", who,
                          per_node ? "place it without 'per: node'" : "use parallelism 1"));
    return;
  }
  const topology::Stream* torn = torn_input(draft, component);
  if (torn == nullptr) return;
  draft.add(torn->grouping_place,
            fmt::format("{} and keeps state by [{}]: use grouping FIELDS with args [{}] from '{}', "
                        "or {}",
                        who, fmt::join(declaration.partition_by, ", "),
                        fmt::join(declaration.partition_by, ", "), torn->from,
                        per_node ? "parts (`partial`) that one task merges" : "parallelism 1"));
}

bool tasks_possible(Draft& draft, const DraftComponent& component, Place place) {
  if (component.tasks >= 1 && component.executors >= 1 && component.tasks <= topology::tasks_max)
    return true;
  draft.add(place, fmt::format("'{}' has {} tasks; between 1 and {} are possible", component.id(),
                               component.tasks, topology::tasks_max));
  return false;
}

// As many as nodes, one if there is none yet. What would not work on several nodes is refused on
// one too: others may join.
void set_per_node(Draft& draft, DraftComponent& component,
                  const std::map<std::string, std::uint32_t>& nodes_by_label) {
  const topology::PlaceRule& rule = component.source->rule;
  auto nodes = nodes_by_label.find(rule.label);
  component.tasks = nodes == nodes_by_label.end() ? 1 : std::max(nodes->second, 1U);
  component.executors = component.tasks;
  if (!tasks_possible(draft, component, rule.place) || !component.declaration) return;
  // A spout that works as one has all of what it reads on its own node.
  if (!component.among_spouts) check_tasks(draft, component);
}

void set_component(Draft& draft, DraftComponent& component, const ExpandOptions& options) {
  if (component.source->rule.per_node)
    return set_per_node(draft, component, options.nodes_by_label);
  const topology::Component& source = *component.source;
  const std::int64_t ceiling = component.config.integer("topology.max.task.parallelism");
  auto below_ceiling = [&](std::uint32_t tasks) {
    return ceiling == 0 ? tasks : std::min(tasks, static_cast<std::uint32_t>(ceiling));
  };
  component.tasks = below_ceiling(source.num_tasks != 0 ? source.num_tasks : source.parallelism);
  // As Storm: more executors than tasks would have nothing to do.
  component.executors = std::min(source.parallelism, component.tasks);
  if (!tasks_possible(draft, component, source.parallelism_place)) return;
  if (!component.declaration) return;
  bool may_have_several = !component.among_spouts && !component.declaration->single_task &&
                          torn_input(draft, component) == nullptr;
  if (options.parallelism != 0 && may_have_several)
    component.tasks = component.executors = below_ceiling(options.parallelism);
  auto rebalanced = options.executors.find(source.id);
  if (rebalanced != options.executors.end())
    component.executors = std::clamp(rebalanced->second, 1U, component.tasks);
  if (component.tasks > 1) check_tasks(draft, component);
}

}  // namespace

void set_parallelism(Draft& draft, const ExpandOptions& options) {
  check_rebalance(draft, options.executors);
  if (options.parallelism > topology::tasks_max)
    draft.add({}, fmt::format("a parallelism of {} is asked for; at most {} is possible",
                              options.parallelism, topology::tasks_max));
  for (DraftComponent& component : draft.components) set_component(draft, component, options);
}

}  // namespace dnstorm::plan::detail
