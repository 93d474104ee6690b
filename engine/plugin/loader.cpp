#include "engine/plugin/loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "engine/plugin/check.hpp"

namespace dnstorm::plugin {

namespace {

Error refused(std::string what) { return {ErrorKind::config, std::move(what), {}}; }

Result<void> check_file(const std::string& file) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(file, problem)) return refused("is not a file");
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> open(std::fopen(file.c_str(), "rb"),
                                                       &std::fclose);
  if (open == nullptr) return refused(fmt::format("cannot be opened: {}", std::strerror(errno)));
  std::array<char, 64> bytes{};
  std::size_t size = std::fread(bytes.data(), 1, bytes.size(), open.get());
  return check_library({bytes.data(), size}, std::filesystem::file_size(file, problem));
}

// The linker's words, without the path with which it begins most of them.
std::string linker_problem(const std::string& file) {
  const char* said = dlerror();
  std::string text = said == nullptr ? "the dynamic linker does not say why" : said;
  if (text.starts_with(file + ": ")) text.erase(0, file.size() + 2);
  return text;
}

Result<const PluginEntry*> open_library(const std::string& file) {
  // Now: a function that is missing is said here and not in the middle of a run. Local: two
  // plug-ins may have symbols of the same name. Never closed: engine/api/plugin.hpp.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return refused(fmt::format("cannot be loaded: {}", linker_problem(file)));
  const void* symbol = dlsym(library, "dnstorm_plugin");
  if (symbol == nullptr)
    return refused("has no entry point; DNSTORM_PLUGIN belongs into one of its source files");
  return static_cast<const PluginEntry*>(symbol);
}

Result<PluginOperators> ask_operators(const PluginEntry& entry) {
  PluginOperators operators;
  try {
    entry.add(operators);
  } catch (const std::exception& problem) {
    return refused(fmt::format("failed when it was asked for its operators: {}", problem.what()));
  }
  return operators;
}

std::string_view simple_name(std::string_view class_name) {
  return class_name.substr(class_name.find_last_of(".$") + 1);
}

}  // namespace

Result<void> Loader::load(const std::string& file) {
  std::error_code problem;
  std::string real = std::filesystem::canonical(file, problem).string();
  if (loaded_.contains(real)) return {};
  auto added = add_operators(file);
  if (!added.ok()) {
    added.error().what = fmt::format("plug-in '{}' {}", file, added.error().what);
    return added;
  }
  loaded_.insert(real);
  return {};
}

Result<void> Loader::add_operators(const std::string& file) {
  DNSTORM_CHECK(check_file(file));
  const PluginEntry* entry = DNSTORM_TRY(open_library(file));
  DNSTORM_CHECK(check_entry(*entry));
  PluginOperators brought = DNSTORM_TRY(ask_operators(*entry));
  std::vector<OperatorDef> operators = brought.take();
  std::vector<GroupingDef> groupings = brought.take_groupings();
  std::vector<TaskHookDef> task_hooks = brought.take_task_hooks();
  std::vector<WorkerHookDef> worker_hooks = brought.take_worker_hooks();
  if (operators.empty() && groupings.empty() && task_hooks.empty() && worker_hooks.empty())
    return refused("has no operators");
  for (OperatorDef& def : operators) {
    DNSTORM_CHECK(check_operator(def));
    DNSTORM_CHECK(add(std::move(def), "an operator", file));
  }
  for (GroupingDef& def : groupings) {
    DNSTORM_CHECK(check_grouping(def));
    DNSTORM_CHECK(add(std::move(def), "a grouping", file));
  }
  for (TaskHookDef& def : task_hooks) {
    DNSTORM_CHECK(check_task_hook(def));
    DNSTORM_CHECK(add(std::move(def), "a task hook", file));
  }
  for (WorkerHookDef& def : worker_hooks) {
    DNSTORM_CHECK(check_worker_hook(def));
    DNSTORM_CHECK(add(std::move(def), "a worker hook", file));
  }
  return {};
}

// The name proper of what is called so, by name or alias.
std::string Loader::taken_by(const std::string& name) const {
  if (const OperatorDef* def = registry_.find(name)) return def->name;
  if (const GroupingDef* def = registry_.find_grouping(name)) return def->name;
  if (const TaskHookDef* def = registry_.find_task_hook(name)) return def->name;
  const WorkerHookDef* def = registry_.find_worker_hook(name);
  return def == nullptr ? std::string() : def->name;
}

template <class Def>
Result<void> Loader::add(Def def, std::string_view kind, const std::string& file) {
  std::vector<std::string> names{def.name};
  for (const std::string& alias : def.aliases) {
    names.push_back(alias);
    names.emplace_back(simple_name(alias));
  }
  for (const std::string& name : names) {
    if (registry_.is_free(name)) continue;
    auto origin = origins_.find(taken_by(name));
    return refused(fmt::format("has {} '{}', and that name is taken by {}", kind, name,
                               origin == origins_.end() ? "one that is built in"
                               : origin->second == file ? "another one of it"
                                                        : "plug-in '" + origin->second + "'"));
  }
  origins_.emplace(def.name, file);
  registry_.add(contained(std::move(def)));
  return {};
}

}  // namespace dnstorm::plugin
