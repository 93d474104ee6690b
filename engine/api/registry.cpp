#include "engine/api/registry.hpp"

#include <algorithm>

namespace dnstorm {

namespace {

bool declares(const std::vector<OptionSpec>& specs, const std::vector<std::string>& options) {
  return std::all_of(options.begin(), options.end(), [&](std::string_view name) {
    if (name.ends_with('+')) name.remove_suffix(1);  // a method that adds an item to a list
    return std::any_of(specs.begin(), specs.end(),
                       [&](const OptionSpec& spec) { return spec.name == name; });
  });
}

std::string_view simple_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

template <class Def>
const Def* find_in(const std::vector<Def>& defs, std::string_view name) {
  for (const Def& def : defs) {
    if (def.name == name) return &def;
    for (const std::string& alias : def.aliases)
      if (alias == name || simple_name(alias) == name) return &def;
  }
  return nullptr;
}

template <class Def>
std::vector<std::string> all_names_of(const std::vector<Def>& defs) {
  std::vector<std::string> names;
  for (const Def& def : defs) names.push_back(def.name);
  for (const Def& def : defs)
    for (const std::string& alias : def.aliases) {
      names.push_back(alias);
      names.emplace_back(simple_name(alias));
    }
  return names;
}

template <class Def>
void check_names(const OperatorRegistry& registry, const Def& def) {
  DNSTORM_ASSERT(registry.is_free(def.name), "two operators have one name", def.name);
  for (const std::string& alias : def.aliases)
    DNSTORM_ASSERT(registry.is_free(alias) && registry.is_free(simple_name(alias)),
                   "two operators have one name", alias);
}

template <class Def>
void check_constructor(const Def& def) {
  DNSTORM_ASSERT(declares(def.options, def.constructor),
                 "a constructor sets an option that is not there", def.name);
}

}  // namespace

void OperatorRegistry::add(OperatorDef def) {
  check_names(*this, def);
  check_constructor(def);
  for (const MethodDef& method : def.methods)
    DNSTORM_ASSERT(declares(def.options, method.options),
                   "a method sets an option that is not there", def.name, method.name);
  defs_.push_back(std::move(def));
}

void OperatorRegistry::add(GroupingDef def) {
  check_names(*this, def);
  check_constructor(def);
  groupings_.push_back(std::move(def));
}

void OperatorRegistry::add(TaskHookDef def) {
  check_names(*this, def);
  task_hooks_.push_back(std::move(def));
}

void OperatorRegistry::add(WorkerHookDef def) {
  check_names(*this, def);
  check_constructor(def);
  worker_hooks_.push_back(std::move(def));
}

bool OperatorRegistry::is_free(std::string_view name) const {
  return find(name) == nullptr && find_grouping(name) == nullptr &&
         find_task_hook(name) == nullptr && find_worker_hook(name) == nullptr;
}

const TaskHookDef* OperatorRegistry::find_task_hook(std::string_view name) const {
  return find_in(task_hooks_, name);
}

const WorkerHookDef* OperatorRegistry::find_worker_hook(std::string_view name) const {
  return find_in(worker_hooks_, name);
}

std::vector<std::string> OperatorRegistry::all_task_hook_names() const {
  return all_names_of(task_hooks_);
}

std::vector<std::string> OperatorRegistry::all_worker_hook_names() const {
  return all_names_of(worker_hooks_);
}

const OperatorDef* OperatorRegistry::find(std::string_view name) const {
  return find_in(defs_, name);
}

const GroupingDef* OperatorRegistry::find_grouping(std::string_view name) const {
  return find_in(groupings_, name);
}

std::vector<std::string> OperatorRegistry::names() const {
  std::vector<std::string> names;
  for (const OperatorDef& def : defs_) names.push_back(def.name);
  return names;
}

std::vector<std::string> OperatorRegistry::all_names() const { return all_names_of(defs_); }

std::vector<std::string> OperatorRegistry::all_grouping_names() const {
  return all_names_of(groupings_);
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
