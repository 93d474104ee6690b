// dnstorm validate, explain, operators, version, completion: what can be told without running.
#include <CLI/CLI.hpp>

#include "cli/app.hpp"
#include "cli/cluster_verb.hpp"
#include "cli/load.hpp"
#include "cli/operator_page.hpp"
#include "cli/plan_json.hpp"
#include "cli/version.hpp"

namespace dnstorm::cli {

namespace {

struct PlanArgs {
  std::string topology;
  LoadOptions load;
  bool json = false;  // of explain
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

void print_all(const OperatorRegistry& registry) {
  for (const OperatorDef& def : registry.all()) fmt::print("{:<14} {}\n", def.name, def.summary);
  for (const GroupingDef& def : registry.groupings())
    fmt::print("{:<14} Grouping: {}\n", def.name, def.summary);
  for (const TaskHookDef& def : registry.task_hooks())
    fmt::print("{:<14} Task hook: {}\n", def.name, def.summary);
  for (const WorkerHookDef& def : registry.worker_hooks())
    fmt::print("{:<14} Worker hook: {}\n", def.name, def.summary);
}

// The references of all, one after the other.
void print_all_markdown(const OperatorRegistry& registry) {
  auto print = [&](const auto& defs) {
    for (const auto& def : defs)
      fmt::print("# {}\n\n{}\n", def.name, page_markdown(registry, def.name));
  };
  print(registry.all());
  print(registry.groupings());
  print(registry.task_hooks());
  print(registry.worker_hooks());
}

struct OperatorsArgs {
  std::string name;
  std::vector<std::string> plugins;
  bool markdown = false;
};

int print_operators(const OperatorsArgs& args) {
  const std::string& name = args.name;
  OperatorRegistry registry = builtin_registry();
  auto loaded = load_plugins(args.plugins, registry);
  if (!loaded.ok()) return fail(loaded.error());
  if (name.empty()) {
    args.markdown ? print_all_markdown(registry) : print_all(registry);
    return 0;
  }
  std::string page = args.markdown ? page_markdown(registry, name) : page_text(registry, name);
  fmt::print("{}", page);
  if (!page.empty()) return 0;
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
  CLI::App* command = add_plan_command(
      app, "explain", "Show the plan of a topology: tasks, streams, fields, groupings", args);
  command->add_flag("--json", args->json, "As JSON: what the board draws");
  command->callback([args, &chosen] {
    chosen = [args] {
      return with_plan(*args, [&](const plan::Plan& plan) {
        fmt::print("{}", args->json ? pretty(plan_json(plan)) : plan::explain(plan));
      });
    };
  });
}

void add_operators_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<OperatorsArgs>();
  CLI::App* command =
      app.add_subcommand("operators", "List the operators that a topology can name");
  command->add_option("name", args->name, "Show all of one operator");
  command->add_flag("--markdown", args->markdown, "As Markdown; without a name all of them");
  add_plugin_option(*command, args->plugins);
  command->footer("Examples:\n  dnstorm operators top\n  dnstorm operators --markdown top");
  command->callback([args, &chosen] { chosen = [args] { return print_operators(*args); }; });
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
