#include "engine/plugin/check.hpp"

#include <elf.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace dnstorm::plugin {

namespace {

Error refused(std::string what) { return {ErrorKind::config, std::move(what), {}}; }

// The option of `names` that `def` does not declare; null: there is none.
template <class Def>
const std::string* undeclared(const Def& def, const std::vector<std::string>& names) {
  auto missing = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
    return std::none_of(def.options.begin(), def.options.end(),
                        [&](const OptionSpec& option) { return option.name == name; });
  });
  return missing == names.end() ? nullptr : &*missing;
}

template <class Declared, class In>
auto guarded(std::function<Result<Declared>(const Options&, const In&)> declare) {
  return [declare = std::move(declare)](const Options& options, const In& in) -> Result<Declared> {
    try {
      return declare(options, in);
    } catch (const std::exception& problem) {
      return refused(fmt::format("failed when it was asked what it gives: {}", problem.what()));
    }
  };
}

}  // namespace

Result<void> check_library(std::string_view first_bytes, std::uint64_t file_size) {
  Elf64_Ehdr head;
  if (first_bytes.size() < sizeof head || !first_bytes.starts_with(ELFMAG))
    return refused("is not a shared library");
  std::memcpy(&head, first_bytes.data(), sizeof head);
  constexpr unsigned char order =
      std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  if (head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_ident[EI_DATA] != order)
    return refused("is for another kind of machine");
  if (head.e_type != ET_DYN) return refused("is not a shared library");
  // Linkers put the table of sections last.
  if (head.e_shoff > file_size ||
      std::uint64_t{head.e_shnum} * head.e_shentsize > file_size - head.e_shoff)
    return refused("is cut off");
  return {};
}

Result<void> check_entry(const PluginEntry& entry) {
  if (!std::equal(std::begin(plugin_magic), std::end(plugin_magic), entry.magic))
    return refused("has a symbol 'dnstorm_plugin' that DNSTORM_PLUGIN did not make");
  if (entry.api_version != plugin_api_version)
    return refused(fmt::format(
        "was built against version {} of the plug-in interface and this dnstorm has version {}; "
        "build it against the headers of this dnstorm",
        entry.api_version, plugin_api_version));
  if (std::string_view(entry.toolchain) != plugin_toolchain)
    return refused(
        fmt::format("was built with {} and this dnstorm with {}; build it with the same compiler",
                    entry.toolchain, plugin_toolchain));
  if (std::string_view(entry.digest) != api_digest)
    return refused(
        fmt::format("was built against another dnstorm (interface {}, here {}); build it against "
                    "the headers of this dnstorm",
                    entry.digest, api_digest));
  return {};
}

Result<void> check_operator(const OperatorDef& def) {
  if (def.name.empty()) return refused("has an operator without a name");
  if (!def.declare) return refused(fmt::format("has an operator '{}' without 'declare'", def.name));
  if (def.kind == OperatorKind::spout ? !def.make_spout : !def.make_bolt)
    return refused(fmt::format("has an operator '{}' without '{}'", def.name,
                               def.kind == OperatorKind::spout ? "make_spout" : "make_bolt"));
  if (const std::string* option = undeclared(def, def.constructor))
    return refused(
        fmt::format("has an operator '{}' whose constructor sets '{}', which is none of "
                    "its options",
                    def.name, *option));
  for (const MethodDef& method : def.methods)
    if (const std::string* option = undeclared(def, method.options))
      return refused(
          fmt::format("has an operator '{}' whose method {} sets '{}', which is none of "
                      "its options",
                      def.name, method.name, *option));
  return {};
}

Result<void> check_grouping(const GroupingDef& def) {
  if (def.name.empty()) return refused("has a grouping without a name");
  if (!def.declare || !def.make)
    return refused(fmt::format("has a grouping '{}' without '{}'", def.name,
                               def.declare ? "make" : "declare"));
  if (const std::string* option = undeclared(def, def.constructor))
    return refused(
        fmt::format("has a grouping '{}' whose constructor sets '{}', which is none of "
                    "its options",
                    def.name, *option));
  return {};
}

Result<void> check_task_hook(const TaskHookDef& def) {
  if (def.name.empty()) return refused("has a task hook without a name");
  if (!def.make) return refused(fmt::format("has a task hook '{}' without 'make'", def.name));
  return {};
}

Result<void> check_worker_hook(const WorkerHookDef& def) {
  if (def.name.empty()) return refused("has a worker hook without a name");
  if (!def.make) return refused(fmt::format("has a worker hook '{}' without 'make'", def.name));
  if (const std::string* option = undeclared(def, def.constructor))
    return refused(
        fmt::format("has a worker hook '{}' whose constructor sets '{}', which is none of "
                    "its options",
                    def.name, *option));
  return {};
}

OperatorDef contained(OperatorDef def) {
  def.declare = guarded<Declaration, std::vector<InputDecl>>(std::move(def.declare));
  return def;
}

GroupingDef contained(GroupingDef def) {
  def.declare = guarded<GroupingDeclaration, InputDecl>(std::move(def.declare));
  return def;
}

}  // namespace dnstorm::plugin
