#include <algorithm>

#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace {

bool is_shuffle(const InputPlan& input, const ComponentPlan& from, const ComponentPlan& to) {
  if (input.grouping == GroupingType::local_or_shuffle) return from.tasks != to.tasks;
  return input.grouping == GroupingType::shuffle || input.grouping == GroupingType::none;
}

class Marker {
 public:
  explicit Marker(Plan& plan) : plan_(plan), one_sender_(plan.components.size(), false) {}

  // Components come after all that feed them.
  void run() {
    for (std::size_t c = 0; c < plan_.components.size(); ++c) {
      ComponentPlan& component = plan_.components[c];
      bool by_load = may_look_at_load(component);
      for (InputPlan& input : component.inputs) input.by_load = by_load;
      one_sender_[c] = sends_by_one_task(component);
    }
  }

 private:
  bool every_input(const ComponentPlan& component, auto&& holds) const {
    return std::all_of(component.inputs.begin(), component.inputs.end(), holds);
  }
  bool all_shuffles(const ComponentPlan& component) const {
    return every_input(component, [&](const InputPlan& input) {
      return is_shuffle(input, plan_.components[input.component], component);
    });
  }
  bool one_source(const ComponentPlan& component) const {
    std::size_t source = component.inputs.front().component;
    return every_input(component,
                       [&](const InputPlan& input) { return input.component == source; });
  }

  bool may_look_at_load(const ComponentPlan& component) const {
    if (component.load_shuffle == LoadShuffle::never || component.tasks == 1) return false;
    if (!component.stateless() && component.load_shuffle != LoadShuffle::always) return false;
    return !component.inputs.empty() && one_source(component) && all_shuffles(component) &&
           one_sender_[component.inputs.front().component];
  }

  // Whether all that a component sends in one round of a source comes from one of its tasks.
  bool sends_by_one_task(const ComponentPlan& component) const {
    if (component.is_spout() || component.tasks == 1) return true;
    if (!component.stateless() || component.inputs.empty()) return false;
    // By load there is one sender; in turn, every sender deals a round to the same task.
    if (all_shuffles(component)) return true;
    bool in_place = every_input(component, [&](const InputPlan& input) {
      return input.grouping == GroupingType::local_or_shuffle &&
             plan_.components[input.component].tasks == component.tasks;
    });
    if (in_place) return one_source(component) && one_sender_[component.inputs.front().component];
    return every_input(
        component, [](const InputPlan& input) { return input.grouping == GroupingType::global; });
  }

  Plan& plan_;
  std::vector<bool> one_sender_;  // by component
};

}  // namespace

void set_load_shuffles(Plan& plan) { Marker(plan).run(); }

}  // namespace dnstorm::plan
