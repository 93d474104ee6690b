#include "engine/api/registry.hpp"

#include <algorithm>

namespace dnstorm {

namespace {

bool declares(const OperatorDef& def, const std::vector<std::string>& options) {
  return std::all_of(options.begin(), options.end(), [&](std::string_view name) {
    if (name.ends_with('+')) name.remove_suffix(1);  // a method that adds an item to a list
    return std::any_of(def.options.begin(), def.options.end(),
                       [&](const OptionSpec& spec) { return spec.name == name; });
  });
}

std::string_view simple_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

}  // namespace

void OperatorRegistry::add(OperatorDef def) {
  DNSTORM_ASSERT(find(def.name) == nullptr, "two operators have one name", def.name);
  for (const std::string& alias : def.aliases)
    DNSTORM_ASSERT(find(alias) == nullptr && find(simple_name(alias)) == nullptr,
                   "two operators have one name", alias);
  DNSTORM_ASSERT(declares(def, def.constructor), "a constructor sets an option that is not there",
                 def.name);
  for (const MethodDef& method : def.methods)
    DNSTORM_ASSERT(declares(def, method.options), "a method sets an option that is not there",
                   def.name, method.name);
  defs_.push_back(std::move(def));
}

const OperatorDef* OperatorRegistry::find(std::string_view name) const {
  for (const OperatorDef& def : defs_) {
    if (def.name == name) return &def;
    for (const std::string& alias : def.aliases)
      if (alias == name || simple_name(alias) == name) return &def;
  }
  return nullptr;
}

std::vector<std::string> OperatorRegistry::names() const {
  std::vector<std::string> names;
  for (const OperatorDef& def : defs_) names.push_back(def.name);
  return names;
}

std::vector<std::string> OperatorRegistry::all_names() const {
  std::vector<std::string> names = this->names();
  for (const OperatorDef& def : defs_)
    for (const std::string& alias : def.aliases) {
      names.push_back(alias);
      names.emplace_back(simple_name(alias));
    }
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
