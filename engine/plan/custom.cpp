#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Flux's configMethods: a grouping has none.
const std::vector<MethodDef> no_methods;

}  // namespace

Configured configured(const topology::Stream& stream, const GroupingDef& def) {
  return {fmt::format("grouping of '{}' ({})", stream.to, def.name),
          def.options,
          def.constructor,
          no_methods,
          *stream.custom,
          stream.custom->class_name_place};
}

void resolve_grouping(Draft& draft, DraftInput& input) {
  const topology::Stream& stream = *input.stream;
  const std::string& name = stream.custom->class_name;
  const GroupingDef* def = draft.registry.find_grouping(name);
  if (def == nullptr) {
    std::string hint = did_you_mean(name, draft.registry.all_grouping_names());
    draft.add(stream.custom->class_name_place,
              fmt::format("grouping of '{}': no grouping is called '{}'{} (`dnstorm operators` "
                          "lists them)",
                          stream.to, name, hint));
    return;
  }
  Configured object = configured(stream, *def);
  auto raw = gather_options(draft, object);
  if (!raw) return;
  input.custom_raw = std::move(*raw);
  if (auto options = parse_options(draft, object, input.custom_raw))
    input.custom = CustomGrouping{def, std::move(*options)};
}

bool declare_grouping(Draft& draft, DraftInput& input, const InputDecl& stream) {
  if (!input.custom) return false;  // a problem that has been told
  const topology::CustomClass& written = *input.stream->custom;
  const GroupingDef& def = *input.custom->def;
  auto declared = def.declare(input.custom->options, stream);
  if (!declared.ok()) {
    const Error& error = declared.error();
    draft.add(place_of(input.custom_raw, error.subject, written.class_name_place),
              fmt::format("grouping of '{}' ({}): {}", input.stream->to, def.name, error.what));
    return false;
  }
  for (const std::string& name : declared->reads)
    DNSTORM_ASSERT(stream.schema.find(name), "a grouping reads a field that is not there", def.name,
                   name);
  input.custom_reads = std::move(declared->reads);
  return true;
}

}  // namespace dnstorm::plan::detail
