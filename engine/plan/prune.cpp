#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Against the streams: what is read of a component's outputs is known before its inputs are asked.
void add_needs(const Draft& draft, Needs& needs) {
  for (auto at = draft.order.rbegin(); at != draft.order.rend(); ++at) {
    const DraftComponent& component = draft.components[*at];
    const Declaration& declaration = *component.declaration;
    for (std::size_t i = 0; i < component.inputs.size(); ++i) {
      const DraftInput& input = component.inputs[i];
      auto& needed = needs[input.from][*input.output];
      if (!needed) needed.emplace();
      needed->insert(declaration.reads[i].begin(), declaration.reads[i].end());
      needed->insert(input.stream->args.begin(), input.stream->args.end());
      needed->insert(input.custom_reads.begin(), input.custom_reads.end());
      for (std::size_t output = 0; output < declaration.outputs.size(); ++output) {
        if (i != 0 && !declaration.outputs[output].of_all_inputs) continue;
        const auto& passed_on = needs[*at][output];
        if (!passed_on) continue;
        if (declaration.outputs[output].forwards_input)
          needed->insert(passed_on->begin(), passed_on->end());
        if (!declaration.outputs[output].extends_input) continue;
        const Schema& whole = draft.components[input.from].full[*input.output];
        for (const std::string& field : *passed_on)
          if (whole.find(field)) needed->insert(field);
      }
    }
  }
}

}  // namespace

Needs needed_fields(const Draft& draft) {
  Needs needs;
  for (const DraftComponent& component : draft.components)
    needs.emplace_back(component.declaration->outputs.size());
  // Where a cycle is closed, what is read of an output is known too late: once more then, until
  // nothing is new.
  for (Needs before; before != needs;) {
    before = needs;
    add_needs(draft, needs);
  }
  return needs;
}

}  // namespace dnstorm::plan::detail
