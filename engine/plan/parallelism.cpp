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

// The first input whose grouping would tear apart what belongs together; null: there is none.
const topology::Stream* torn_input(const DraftComponent& component) {
  if (component.declaration->partition_by.empty()) return nullptr;
  for (const DraftInput& input : component.inputs)
    if (!keeps_together(*input.stream, *component.declaration)) return input.stream;
  return nullptr;
}

void check_tasks(Draft& draft, const DraftComponent& component) {
  const topology::Component& source = *component.source;
  const Declaration& declaration = *component.declaration;
  std::string who =
      fmt::format("'{}' ({}) has {} tasks", source.id, component.op->name, component.tasks);
  Place place = source.num_tasks != 0 ? source.num_tasks_place : source.parallelism_place;
  if (declaration.single_task) {
    draft.add(place, fmt::format("{} but works as one only: use parallelism 1", who));
    return;
  }
  const topology::Stream* torn = torn_input(component);
  if (torn == nullptr) return;
  draft.add(torn->grouping_place,
            fmt::format("{} and keeps state by [{}]: use grouping FIELDS with args [{}] from '{}', "
                        "or parallelism 1",
                        who, fmt::join(declaration.partition_by, ", "),
                        fmt::join(declaration.partition_by, ", "), torn->from));
}

void set_component(Draft& draft, DraftComponent& component, std::uint32_t wanted) {
  const topology::Component& source = *component.source;
  const std::int64_t ceiling = component.config.integer("topology.max.task.parallelism");
  auto below_ceiling = [&](std::uint32_t tasks) {
    return ceiling == 0 ? tasks : std::min(tasks, static_cast<std::uint32_t>(ceiling));
  };
  component.tasks = below_ceiling(source.num_tasks != 0 ? source.num_tasks : source.parallelism);
  // As Storm: more executors than tasks would have nothing to do.
  component.executors = std::min(source.parallelism, component.tasks);
  if (component.tasks < 1 || component.executors < 1 || component.tasks > topology::tasks_max) {
    draft.add(source.parallelism_place,
              fmt::format("'{}' has {} tasks; between 1 and {} are possible", source.id,
                          component.tasks, topology::tasks_max));
    return;
  }
  if (!component.declaration) return;
  bool may_have_several = !component.among_spouts && !component.declaration->single_task &&
                          torn_input(component) == nullptr;
  if (wanted != 0 && may_have_several)
    component.tasks = component.executors = below_ceiling(wanted);
  if (component.tasks > 1) check_tasks(draft, component);
}

}  // namespace

void set_parallelism(Draft& draft, std::uint32_t wanted) {
  if (wanted > topology::tasks_max)
    draft.add({}, fmt::format("a parallelism of {} is asked for; at most {} is possible", wanted,
                              topology::tasks_max));
  for (DraftComponent& component : draft.components) set_component(draft, component, wanted);
}

}  // namespace dnstorm::plan::detail
