#include "engine/api/registry.hpp"

#include <algorithm>

namespace dnstorm {

void OperatorRegistry::add(OperatorDef def) {
  DNSTORM_ASSERT(find(def.name) == nullptr, "two operators have one name", def.name);
  defs_.push_back(std::move(def));
}

const OperatorDef* OperatorRegistry::find(std::string_view name) const {
  for (const OperatorDef& def : defs_) {
    if (def.name == name) return &def;
    if (std::find(def.aliases.begin(), def.aliases.end(), name) != def.aliases.end()) return &def;
  }
  return nullptr;
}

std::vector<std::string> OperatorRegistry::names() const {
  std::vector<std::string> names;
  for (const OperatorDef& def : defs_) names.push_back(def.name);
  return names;
}

Result<Field> require_field(const InputDecl& input, const std::string& name,
                            const std::string& subject) {
  if (auto index = input.schema.find(name)) return input.schema.field(*index);
  std::vector<std::string> known;
  for (const Field& field : input.schema.fields()) known.push_back(field.name);
  std::string hint = nearest(name, known);
  return Error{
      ErrorKind::config,
      fmt::format("stream '{}' of '{}' has no field '{}'{}", input.stream, input.component, name,
                  hint.empty() ? fmt::format("; it has {}", input.schema.names())
                               : fmt::format(", did you mean '{}'?", hint)),
      subject};
}

}  // namespace dnstorm
