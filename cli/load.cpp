#include "cli/load.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "operators/catalog.hpp"

namespace dnstorm::cli {

namespace {

// One sentence closes the list of problems; they have been printed each with its place.
Error report_problems(const std::string& file, const std::vector<topology::Diagnostic>& problems,
                      ErrorKind kind) {
  for (std::size_t i = 0; i + 1 < problems.size(); ++i)
    fmt::print(stderr, "{}\n", topology::to_string(file, problems[i]));
  std::string last = topology::to_string(file, problems.back());
  return {kind, std::move(last), {}};
}

Result<plan::Plan> make_plan(topology::ReadResult read, const LoadOptions& options,
                             const OperatorRegistry& registry) {
  topology::Topology& topology = read.topology;
  if (!read.ok()) return report_problems(topology.file, read.problems, read.kind);
  for (const std::string& assignment : options.set)
    DNSTORM_CHECK(topology::set_property(topology, assignment));
  plan::ExpandResult expanded = plan::expand(topology, registry, {options.parallelism});
  if (!expanded.ok()) return report_problems(topology.file, expanded.problems, ErrorKind::config);
  return std::move(expanded.plan);
}

Result<topology::Variables> variables_of(const LoadOptions& options) {
  topology::Variables variables;
  if (!options.filter.empty())
    variables.properties = DNSTORM_TRY(topology::read_properties_file(options.filter));
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

void add_load_options(CLI::App& command, std::string& topology, LoadOptions& options) {
  command
      .add_option("topology", topology,
                  "Topology file (YAML); ${ENV-NAME} in it is the environment's NAME")
      ->required();
  command.add_option("--filter", options.filter,
                     "Properties file (key = value) with what stands for ${key} in the topology");
  command.add_option("--set", options.set, "Override a property: component.property=value")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--parallelism", options.parallelism,
                     "Executors of every component that may have several");
}

OperatorRegistry builtin_registry() {
  OperatorRegistry registry;
  operators::add_builtin_operators(registry);
  return registry;
}

Result<plan::Plan> load_plan(const std::string& path, const LoadOptions& options,
                             const OperatorRegistry& registry) {
  topology::Variables variables = DNSTORM_TRY(variables_of(options));
  return make_plan(topology::read_file(path, variables), options, registry);
}

Result<plan::Plan> load_plan_text(const std::string& text, const std::string& name,
                                  const LoadOptions& options, const OperatorRegistry& registry) {
  return make_plan(topology::read_text(text, name), options, registry);
}

}  // namespace dnstorm::cli
