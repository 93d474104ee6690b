#include <algorithm>

#include "engine/plan/detail/draft.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

namespace detail {

namespace {

// Roots under way of a spout task where streams form cycles, if nothing else is said: what is in a
// cycle has no other bound.
constexpr std::uint64_t spout_pending_default = 256;

// The runtime knows what it does; the operator is a name for people.
const OperatorDef& feedback_operator() {
  static const OperatorDef def = [] {
    OperatorDef made;
    made.name = "feedback";
    made.summary = "Gives on what comes back in a cycle.";
    return made;
  }();
  return def;
}

}  // namespace

std::optional<ComponentPlan> make_feedback(const Draft& draft) {
  ComponentPlan feedback;
  feedback.id = "__feedback";
  feedback.op = &feedback_operator();
  feedback.feedback = true;
  for (std::size_t index : draft.order)
    for (const DraftInput& input : draft.components[index].inputs) {
      if (!input.closes_cycle) continue;
      feedback.inputs.push_back({input.from, *input.output, GroupingType::global, {}});
      feedback.outputs.push_back(
          {fmt::format("{}/{}", input.stream->from, input.stream->stream_id), nullptr});
    }
  if (feedback.inputs.empty()) return std::nullopt;
  return feedback;
}

void finish_feedback(std::vector<ComponentPlan>& components,
                     const std::vector<std::size_t>& position) {
  ComponentPlan& feedback = components.front();
  if (!feedback.feedback) return;
  for (std::size_t i = 0; i < feedback.inputs.size(); ++i) {
    InputPlan& input = feedback.inputs[i];
    input.component = position[input.component];
    feedback.outputs[i].schema = components[input.component].outputs[input.stream].schema;
  }
  for (ComponentPlan& component : components)
    if (component.is_spout() && component.spout_pending_max == 0)
      component.spout_pending_max = spout_pending_default;
}

}  // namespace detail

std::pair<std::size_t, std::size_t> source_of(const Plan& plan, const InputPlan& input) {
  const ComponentPlan& from = plan.components[input.component];
  if (!from.feedback) return {input.component, input.stream};
  const InputPlan& back = from.inputs[input.stream];
  return {back.component, back.stream};
}

}  // namespace dnstorm::plan
