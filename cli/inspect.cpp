// dnstorm validate, explain, operators, version, completion: what can be told without running.
#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/load.hpp"
#include "cli/version.hpp"

namespace dnstorm::cli {

namespace {

struct PlanArgs {
  std::string topology;
  LoadOptions load;
};

CLI::App* add_plan_command(CLI::App& app, const char* name, const char* what,
                           const std::shared_ptr<PlanArgs>& args) {
  CLI::App* command = app.add_subcommand(name, what);
  add_load_options(*command, args->topology, args->load);
  command->footer(fmt::format("Example:\n  dnstorm {} configs/topologies/quickstart.yaml", name));
  return command;
}

int with_plan(const PlanArgs& args, const std::function<void(const plan::Plan&)>& use) {
  OperatorRegistry registry = builtin_registry();
  auto plan = load_plan(args.topology, args.load, registry);
  if (!plan.ok()) return fail(plan.error());
  use(*plan);
  return 0;
}

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

// The head of a page: what operators and groupings have alike.
template <class Def>
void print_head(const Def& def, std::string_view kind) {
  fmt::print("{} ({}): {}\n", def.name, kind, def.summary);
  if (!def.aliases.empty()) fmt::print("Also known as: {}\n", fmt::join(def.aliases, ", "));
  if (!def.options.empty()) fmt::print("\nProperties:\n");
  for (const OptionSpec& option : def.options) {
    std::string type(option.choices.empty() ? std::string(type_name(option.type))
                                            : fmt::format("{}", fmt::join(option.choices, "|")));
    std::string fallback = option.required               ? "required"
                           : option.default_text.empty() ? "no default"
                                                         : "default " + option.default_text;
    fmt::print("  {:<18} {} ({}; {})\n", option.name, option.help, type, fallback);
  }
  if (!def.constructor.empty())
    fmt::print("\nconstructorArgs: [{}]\n", fmt::join(def.constructor, ", "));
}

// Groupings and worker hooks.
template <class Def>
void print_page(const Def& def, std::string_view kind) {
  print_head(def, kind);
  fmt::print("\nExample:\n{}", def.example);
}

void print_task_hook(const TaskHookDef& def) {
  fmt::print("{} (task hook): {}\n\nExample:\nconfig: {{topology.auto.task.hooks: [{}]}}\n",
             def.name, def.summary, def.name);
}

void print_operator(const OperatorDef& def) {
  static constexpr std::string_view kinds[] = {"spout", "bolt", "sink"};
  print_head(def, kinds[static_cast<std::size_t>(def.kind)]);
  if (!def.methods.empty()) fmt::print("\nconfigMethods:\n");
  for (const MethodDef& method : def.methods)
    fmt::print("  {}({})\n", method.name, fmt::join(method.options, ", "));
  fmt::print("\nExample:\n{}", def.example);
}

void print_all(const OperatorRegistry& registry) {
  for (const OperatorDef& def : registry.all()) fmt::print("{:<14} {}\n", def.name, def.summary);
  for (const GroupingDef& def : registry.groupings())
    fmt::print("{:<14} Grouping: {}\n", def.name, def.summary);
  for (const TaskHookDef& def : registry.task_hooks())
    fmt::print("{:<14} Task hook: {}\n", def.name, def.summary);
  for (const WorkerHookDef& def : registry.worker_hooks())
    fmt::print("{:<14} Worker hook: {}\n", def.name, def.summary);
}

// False: nothing is called so.
bool print_one(const OperatorRegistry& registry, const std::string& name) {
  if (const OperatorDef* def = registry.find(name)) {
    print_operator(*def);
  } else if (const GroupingDef* grouping = registry.find_grouping(name)) {
    print_page(*grouping, "grouping");
  } else if (const TaskHookDef* hook = registry.find_task_hook(name)) {
    print_task_hook(*hook);
  } else if (const WorkerHookDef* worker_hook = registry.find_worker_hook(name)) {
    print_page(*worker_hook, "worker hook");
  } else {
    return false;
  }
  return true;
}

int print_operators(const std::string& name, const std::vector<std::string>& plugins) {
  OperatorRegistry registry = builtin_registry();
  auto loaded = load_plugins(plugins, registry);
  if (!loaded.ok()) return fail(loaded.error());
  if (name.empty()) {
    print_all(registry);
    return 0;
  }
  if (print_one(registry, name)) return 0;
  std::vector<std::string> known = registry.all_names();
  for (auto more : {&OperatorRegistry::all_grouping_names, &OperatorRegistry::all_task_hook_names,
                    &OperatorRegistry::all_worker_hook_names})
    for (std::string& other : (registry.*more)()) known.push_back(std::move(other));
  std::string hint = nearest(name, known);
  return fail(
      {ErrorKind::usage,
       fmt::format("there is no operator '{}'{}", name,
                   hint.empty() ? "; see dnstorm operators" : ", did you mean '" + hint + "'?"),
       ""});
}

constexpr std::string_view bash_completion =
    R"sh(# dnstorm completion for bash: source <(dnstorm completion bash)
_dnstorm() {
  local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "$(dnstorm completion --words)" -- "$word"))
  elif [[ $word == -* ]]; then
    COMPREPLY=($(compgen -W "$(dnstorm completion --words "$verb")" -- "$word"))
  elif [ "$verb" = operators ]; then
    COMPREPLY=($(compgen -W "$(dnstorm operators | cut -d' ' -f1)" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _dnstorm dnstorm
)sh";
constexpr std::string_view zsh_completion =
    R"sh(# dnstorm completion for zsh: source <(dnstorm completion zsh)
autoload -U +X bashcompinit && bashcompinit
)sh";

// The words that may stand after `dnstorm`, or the options of one command.
int print_words(const CLI::App& app, const std::string& verb) {
  if (verb.empty()) {
    for (const CLI::App* command : app.get_subcommands({})) fmt::print("{}\n", command->get_name());
    return 0;
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (command->get_name() != verb) continue;
    for (const CLI::Option* option : command->get_options())
      for (const std::string& name : option->get_lnames()) fmt::print("--{}\n", name);
  }
  return 0;
}

}  // namespace

void add_validate_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<PlanArgs>();
  add_plan_command(app, "validate",
                   "Check a topology file and say what is wrong, with line and column", args)
      ->callback([args, &chosen] {
        chosen = [args] {
          return with_plan(*args, [&](const plan::Plan& plan) {
            fmt::print("{}: valid: topology '{}', {} components, {} tasks\n", args->topology,
                       plan.name, plan.components.size(), plan.task_count);
          });
        };
      });
}

void add_explain_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<PlanArgs>();
  add_plan_command(app, "explain", "Show the plan of a topology: tasks, streams, fields, groupings",
                   args)
      ->callback([args, &chosen] {
        chosen = [args] {
          return with_plan(*args,
                           [](const plan::Plan& plan) { fmt::print("{}", plan::explain(plan)); });
        };
      });
}

void add_operators_command(CLI::App& app, Chosen& chosen) {
  struct Args {
    std::string name;
    std::vector<std::string> plugins;
  };
  auto args = std::make_shared<Args>();
  CLI::App* command =
      app.add_subcommand("operators", "List the operators that a topology can name");
  command->add_option("name", args->name, "Show all of one operator");
  add_plugin_option(*command, args->plugins);
  command->footer("Example:\n  dnstorm operators top");
  command->callback(
      [args, &chosen] { chosen = [args] { return print_operators(args->name, args->plugins); }; });
}

void add_version_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  command->footer("Example:\n  dnstorm version");
  command->callback([&chosen] {
    chosen = [] {
      fmt::print("dnstorm {}\n", version);
      return 0;
    };
  });
}

void add_completion_command(CLI::App& app, Chosen& chosen) {
  struct Args {
    std::string shell = "bash";
    bool words = false;
  };
  auto args = std::make_shared<Args>();
  CLI::App* command = app.add_subcommand("completion", "Print the completion script of a shell");
  command->add_option("shell", args->shell, "bash or zsh");
  command->add_flag("--words", args->words)->group("");
  command->footer("Example:\n  source <(dnstorm completion bash)");
  command->callback([args, command, &app, &chosen] {
    chosen = [args, command, &app] {
      if (args->words) return print_words(app, command->count("shell") > 0 ? args->shell : "");
      if (args->shell != "bash" && args->shell != "zsh")
        return fail({ErrorKind::usage,
                     fmt::format("completion is for bash and zsh, not '{}'", args->shell), ""});
      fmt::print("{}{}", args->shell == "zsh" ? zsh_completion : "", bash_completion);
      return 0;
    };
  });
}

}  // namespace dnstorm::cli
