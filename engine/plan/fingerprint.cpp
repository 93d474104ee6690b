#include <fmt/format.h>

#include "engine/api/schema.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::plan {

std::uint64_t fingerprint(const Plan& plan) {
  std::string text = plan.name + "\n";
  for (const ComponentPlan& component : plan.components) {
    text +=
        fmt::format("{} {} {}\n", component.id, component.op->name, component.options.canonical());
    for (const InputPlan& input : component.inputs) {
      text += fmt::format("  {} {} {} {}\n", input.component, input.stream,
                          static_cast<int>(input.grouping), fmt::join(input.fields, ","));
      if (input.custom)
        text +=
            fmt::format("  {} {}\n", input.custom->def->name, input.custom->options.canonical());
    }
    for (const OutputPlan& output : component.outputs) {
      text += output.name + ":";
      if (output.schema != nullptr)
        for (const Field& field : output.schema->fields()) text += field.name + ",";
      text += "\n";
    }
  }
  return hash_bytes(text);
}

}  // namespace dnstorm::plan
