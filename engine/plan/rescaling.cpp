#include <algorithm>
#include <iterator>

#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace {

bool all_come_by(const ComponentPlan& component, GroupingType grouping) {
  return std::all_of(component.inputs.begin(), component.inputs.end(),
                     [&](const InputPlan& input) { return input.grouping == grouping; });
}

// A key is in one task: the same for all inputs.
Rescaling of_keyed(const ComponentPlan& component) {
  if (all_come_by(component, GroupingType::global)) return Rescaling::to_first_task;
  if (!all_come_by(component, GroupingType::fields)) return Rescaling::torn;
  for (const InputPlan& input : component.inputs)
    if (input.fields != component.inputs[0].fields) return Rescaling::torn;
  return Rescaling::by_group;
}

// Each row to one task, whichever it is.
bool deals_out(const InputPlan& input) {
  constexpr GroupingType dealing[] = {GroupingType::shuffle, GroupingType::local_or_shuffle,
                                      GroupingType::none,    GroupingType::fields,
                                      GroupingType::global,  GroupingType::partial_key};
  return std::find(std::begin(dealing), std::end(dealing), input.grouping) != std::end(dealing);
}

// Wherever a part goes, it is added up with the others; but copies must not be.
Rescaling of_partial(const ComponentPlan& component) {
  bool all = std::all_of(component.inputs.begin(), component.inputs.end(), deals_out);
  return all ? Rescaling::by_group : Rescaling::torn;
}

}  // namespace

Rescaling rescaling(const ComponentPlan& component) {
  if (component.is_spout()) return Rescaling::spout;
  switch (component.state) {
    case StateScope::task:
      return Rescaling::not_by_key;
    case StateScope::none:
      return Rescaling::by_group;
    case StateScope::keyed:
      return of_keyed(component);
    case StateScope::partial:
      return of_partial(component);
  }
  return Rescaling::not_by_key;
}

}  // namespace dnstorm::plan
