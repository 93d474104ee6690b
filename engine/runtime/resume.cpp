#include "engine/runtime/resume.hpp"

#include <fmt/format.h>

#include <algorithm>
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

Result<std::vector<std::string>> fit_by_name(const plan::ComponentPlan& component,
                                             std::vector<std::string> states,
                                             const std::vector<std::string>& then,
                                             const std::vector<std::string>& now) {
  if (then.size() != states.size() || now.size() != component.tasks)
    return Error{
        ErrorKind::data,
        fmt::format("'{}' has {} in the checkpoint for {} nodes, and {} for {} in the topology",
                    component.id, tasks_text(static_cast<std::uint32_t>(states.size())),
                    then.size(), tasks_text(component.tasks), now.size()),
        component.id};
  std::vector<std::string> fitting(now.size());
  for (std::size_t task = 0; task < now.size(); ++task) {
    auto at = std::find(then.begin(), then.end(), now[task]);
    if (at != then.end())
      fitting[task] = std::move(states[static_cast<std::size_t>(at - then.begin())]);
  }
  return fitting;
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
  std::vector<std::string> states =
      DNSTORM_TRY(fit_states(std::move(checkpoint.states), layout, {}, plan, {}));
  return delivery::Checkpoint{checkpoint.number, std::move(states)};
}

Result<std::vector<std::string>> fit_states(std::vector<std::string> states,
                                            const delivery::TaskLayout& layout,
                                            const TaskNames& names_then, const plan::Plan& plan,
                                            const TaskNames& names_now) {
  std::size_t tasks = 0;
  bool same = layout.size() == plan.components.size();
  for (std::size_t i = 0; same && i < layout.size(); ++i) {
    same = layout[i].id == plan.components[i].id;
    tasks += layout[i].tasks;
  }
  if (!same || tasks != states.size())
    return Error{ErrorKind::data, "the checkpoint is of other components", {}};
  std::vector<std::string> fitting;
  auto from = std::make_move_iterator(states.begin());
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const plan::ComponentPlan& component = plan.components[i];
    std::vector<std::string> own(from, from + layout[i].tasks);
    from += layout[i].tasks;
    auto then = names_then.find(component.id);
    auto now = names_now.find(component.id);
    bool named = then != names_then.end() && now != names_now.end();
    auto fitted = named ? fit_by_name(component, std::move(own), then->second, now->second)
                        : fit_component(component, std::move(own));
    if (!fitted.ok()) return std::move(fitted.error());
    for (std::string& state : *fitted) fitting.push_back(std::move(state));
  }
  return fitting;
}

}  // namespace dnstorm::runtime
