#include "cli/operator_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "cli/operator_streams.hpp"

namespace dnstorm::cli {

namespace {

std::string_view type_name(OptionType type) {
  switch (type) {
    case OptionType::flag:
      return "true|false";
    case OptionType::integer:
      return "integer";
    case OptionType::number:
      return "number";
    case OptionType::duration:
      return "duration";
    case OptionType::text:
      return "text";
    case OptionType::choice:
      return "choice";
    case OptionType::list:
      return "list";
  }
  return "?";
}

std::string_view kind_name(OperatorKind kind) {
  static constexpr std::string_view kinds[] = {"spout", "bolt", "sink"};
  return kinds[static_cast<std::size_t>(kind)];
}

std::string_view role_name(Role role) {
  static constexpr std::string_view roles[] = {"", "time", "window_end", "key", "value"};
  return roles[static_cast<std::size_t>(role)];
}

std::string fallback(const OptionSpec& option) {
  return option.required               ? "required"
         : option.default_text.empty() ? "no default"
                                       : "default " + option.default_text;
}

std::string number_text(double number, OptionType type) {
  if (type == OptionType::duration) return format_duration(static_cast<DurationNs>(number));
  return std::floor(number) == number && std::abs(number) < 1e15
             ? fmt::format("{}", static_cast<std::int64_t>(number))
             : fmt::format("{}", number);
}

// The head of a page: what operators, groupings and hooks have alike.
template <class Def>
std::string head_text(const Def& def, std::string_view kind) {
  std::string text = fmt::format("{} ({}): {}\n", def.name, kind, def.summary);
  if (!def.aliases.empty())
    text += fmt::format("Also known as: {}\n", fmt::join(def.aliases, ", "));
  if (!def.options.empty()) text += "\nProperties:\n";
  for (const OptionSpec& option : def.options) {
    std::string limits = limits_of(option);
    std::string type = option.choices.empty() ? fmt::format("{}{}{}", type_name(option.type),
                                                            limits.empty() ? "" : ", ", limits)
                                              : fmt::format("{}", fmt::join(option.choices, "|"));
    text += fmt::format("  {:<18} {} ({}; {})\n", option.name, option.help, type, fallback(option));
  }
  if (!def.constructor.empty())
    text += fmt::format("\nconstructorArgs: [{}]\n", fmt::join(def.constructor, ", "));
  return text;
}

template <class Def>
std::string simple_text(const Def& def, std::string_view kind) {
  return head_text(def, kind) + "\nExample:\n" + def.example;
}

std::string methods_text(const OperatorDef& def) {
  std::string text = def.methods.empty() ? "" : "\nconfigMethods:\n";
  for (const MethodDef& method : def.methods)
    text += fmt::format("  {}({})\n", method.name, fmt::join(method.options, ", "));
  return text;
}

std::string streams_text(const OperatorDef& def, const OperatorRegistry& registry) {
  auto streams = streams_of(def, registry);
  if (!streams) return "";
  std::string text;
  if (!streams->reads.empty())
    text += fmt::format("\nReads in the example, of {}:\n  {}\n", streams->from,
                        fmt::join(streams->reads, ", "));
  for (const ToldStream& stream : streams->outputs) {
    text += fmt::format("\nGives in the example, stream {}:\n", stream.name);
    if (!stream.alike.empty()) text += fmt::format("  ({})\n", stream.alike);
    for (const Field& field : stream.fields)
      text += fmt::format("  {:<18} {:<8} {:<10} {}\n", field.name, to_string(field.type),
                          role_name(field.role), field.help);
  }
  return text;
}

// A cell of a table: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

template <class Def>
std::string head_markdown(const Def& def, std::string_view kind) {
  std::string text = fmt::format("`{}` ({}): {}\n", def.name, kind, def.summary);
  if (!def.aliases.empty())
    text += fmt::format("\nAlso known as `{}`.\n", fmt::join(def.aliases, "`, `"));
  if (def.options.empty()) return text;
  text += "\n| option | type | default | limits | what |\n| --- | --- | --- | --- | --- |\n";
  for (const OptionSpec& option : def.options) {
    std::string standard = option.required               ? "required"
                           : option.default_text.empty() ? ""
                                                         : "`" + option.default_text + "`";
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", option.name, cell(type_name(option.type)),
                        cell(standard), cell(limits_of(option)), cell(option.help));
  }
  return text;
}

std::string calls_markdown(const OperatorDef& def) {
  std::string text;
  if (!def.constructor.empty())
    text += fmt::format("\n`constructorArgs: [{}]`\n", fmt::join(def.constructor, ", "));
  if (!def.methods.empty()) text += "\n`configMethods`:\n\n";
  for (const MethodDef& method : def.methods)
    text += fmt::format("- `{}({})`\n", method.name, fmt::join(method.options, ", "));
  return text;
}

std::string streams_markdown(const OperatorDef& def, const OperatorRegistry& registry) {
  auto streams = streams_of(def, registry);
  if (!streams) return "";
  std::string text;
  if (!streams->reads.empty())
    text += fmt::format("\nThe example reads, of {}: `{}`.\n", streams->from,
                        fmt::join(streams->reads, "`, `"));
  for (const ToldStream& stream : streams->outputs) {
    text += fmt::format("\nIt gives, stream `{}`:{}{}\n", stream.name,
                        stream.alike.empty() ? "" : " ", stream.alike);
    if (stream.fields.empty()) continue;
    text += "\n| field | type | role | what |\n| --- | --- | --- | --- |\n";
    for (const Field& field : stream.fields)
      text += fmt::format("| `{}` | {} | {} | {} |\n", field.name, to_string(field.type),
                          role_name(field.role), cell(field.help));
  }
  return text;
}

std::string example_markdown(const std::string& example) {
  return "\n```yaml\n" + example + "```\n";
}

constexpr const char* task_hook_example = "config: {{topology.auto.task.hooks: [{}]}}\n";

}  // namespace

std::string limits_of(const OptionSpec& option) {
  if (!option.choices.empty()) return fmt::format("{}", fmt::join(option.choices, ", "));
  bool counted = option.type == OptionType::integer || option.type == OptionType::number ||
                 option.type == OptionType::duration;
  if (!counted) return "";
  bool bounded = option.max < OptionSpec{}.max;
  std::string max = bounded ? number_text(option.max, option.type) : "";
  std::string min = number_text(option.min, option.type);
  if (option.min == 0) return bounded ? "at most " + max : "";
  return bounded ? fmt::format("{} to {}", min, max) : "at least " + min;
}

std::string page_text(const OperatorRegistry& registry, const std::string& name) {
  if (const OperatorDef* def = registry.find(name))
    return head_text(*def, kind_name(def->kind)) + methods_text(*def) +
           streams_text(*def, registry) + "\nExample:\n" + def->example;
  if (const GroupingDef* grouping = registry.find_grouping(name))
    return simple_text(*grouping, "grouping");
  if (const WorkerHookDef* hook = registry.find_worker_hook(name))
    return simple_text(*hook, "worker hook");
  if (const TaskHookDef* hook = registry.find_task_hook(name))
    return fmt::format("{} (task hook): {}\n\nExample:\n", hook->name, hook->summary) +
           fmt::format(task_hook_example, hook->name);
  return "";
}

std::string page_markdown(const OperatorRegistry& registry, const std::string& name) {
  if (const OperatorDef* def = registry.find(name))
    return head_markdown(*def, kind_name(def->kind)) + calls_markdown(*def) +
           example_markdown(def->example) + streams_markdown(*def, registry);
  if (const GroupingDef* grouping = registry.find_grouping(name))
    return head_markdown(*grouping, "grouping") + example_markdown(grouping->example);
  if (const WorkerHookDef* hook = registry.find_worker_hook(name))
    return head_markdown(*hook, "worker hook") + example_markdown(hook->example);
  if (const TaskHookDef* hook = registry.find_task_hook(name))
    return fmt::format("`{}` (task hook): {}\n", hook->name, hook->summary) +
           example_markdown(fmt::format(task_hook_example, hook->name));
  return "";
}

}  // namespace dnstorm::cli
