#include "engine/runtime/resume.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dnstorm::runtime {

namespace {

using plan::Rescaling;

std::string_view reason(Rescaling rescaling) {
  switch (rescaling) {
    case Rescaling::spout:
      return "a spout's place in its source belongs to its task";
    case Rescaling::not_by_key:
      return "its state belongs to its tasks and not to keys";
    case Rescaling::torn:
      return "its state by key has no one place with the groupings of its inputs";
    case Rescaling::by_group:
    case Rescaling::to_first_task:
      break;
  }
  return {};
}

std::string tasks_text(std::uint32_t tasks) {
  return fmt::format("{} {}", tasks, tasks == 1 ? "task" : "tasks");
}

Result<std::vector<std::string>> fit_component(const plan::ComponentPlan& component,
                                               std::vector<std::string> states) {
  auto before = static_cast<std::uint32_t>(states.size());
  if (component.tasks == before) return states;
  Rescaling rescaling = plan::rescaling(component);
  if (auto why = reason(rescaling); !why.empty())
    return Error{
        ErrorKind::config,
        fmt::format("'{}' has {} in the checkpoint and {} in the topology, and {}: give it "
                    "{} again, or remove the checkpoints to begin anew",
                    component.id, tasks_text(before), tasks_text(component.tasks), why,
                    tasks_text(before)),
        component.id};
  auto division = rescaling == Rescaling::by_group ? delivery::Division::by_group
                                                   : delivery::Division::to_first_task;
  auto divided = delivery::divide_anew(states, component.tasks, division);
  if (!divided.ok()) return std::move(divided.error()).within(component.id);
  return divided;
}

}  // namespace

delivery::TaskLayout layout_of(const plan::Plan& plan) {
  delivery::TaskLayout layout;
  for (const plan::ComponentPlan& component : plan.components)
    layout.push_back({component.id, component.tasks});
  return layout;
}

Result<delivery::Checkpoint> fit_to_tasks(delivery::Checkpoint checkpoint,
                                          const delivery::TaskLayout& layout,
                                          const plan::Plan& plan) {
  std::size_t tasks = 0;
  bool same = layout.size() == plan.components.size();
  for (std::size_t i = 0; same && i < layout.size(); ++i) {
    same = layout[i].id == plan.components[i].id;
    tasks += layout[i].tasks;
  }
  if (!same || tasks != checkpoint.states.size())
    return Error{ErrorKind::data, "the checkpoint is of other components", {}};
  delivery::Checkpoint fitting{checkpoint.number, {}};
  auto from = std::make_move_iterator(checkpoint.states.begin());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    std::vector<std::string> states(from, from + layout[i].tasks);
    from += layout[i].tasks;
    for (std::string& state : DNSTORM_TRY(fit_component(plan.components[i], std::move(states))))
      fitting.states.push_back(std::move(state));
  }
  return fitting;
}

}  // namespace dnstorm::runtime
