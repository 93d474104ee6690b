#include "cli/load.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "cli/cluster/listed_plugins.hpp"
#include "cli/metrics_influx.hpp"
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

// A name on the command line is seen from where the program was started.
Result<void> load_named(const std::vector<std::string>& names, const plugin::SearchPath& search,
                        plugin::Loader& loader) {
  for (const std::string& name : names) {
    std::string file = DNSTORM_TRY(plugin::find(name, "", search));
    DNSTORM_CHECK(loader.load(file));
  }
  return {};
}

Result<void> set_captures(topology::Topology& topology, const std::vector<std::string>& settings) {
  std::vector<std::string> captures;
  for (const topology::Component& spout : topology.spouts)
    if (spout.class_name == "pcap") captures.push_back(spout.id);
  if (!settings.empty() && captures.empty())
    return Error{ErrorKind::usage,
                 fmt::format("{}: --speed, --from and --to are for captures, and no spout of this "
                             "topology is a pcap",
                             topology.file),
                 ""};
  for (const std::string& id : captures)
    for (const std::string& setting : settings)
      DNSTORM_CHECK(topology::set_property(topology, id + "." + setting));
  return {};
}

// LABEL=COUNT, or COUNT alone for components that are placed per node without a label.
Result<std::map<std::string, std::uint32_t>> nodes_by_label(const std::vector<std::string>& texts) {
  std::map<std::string, std::uint32_t> nodes;
  for (const std::string& text : texts) {
    std::size_t equals = text.rfind('=');
    bool labelled = equals != std::string::npos;
    std::string number = labelled ? text.substr(equals + 1) : text;
    std::uint32_t count = 0;
    auto [rest, problem] = std::from_chars(number.data(), number.data() + number.size(), count);
    if (problem != std::errc() || rest != number.data() + number.size() || count == 0)
      return Error{ErrorKind::usage,
                   fmt::format("--nodes is LABEL=COUNT, as in capture=3, not '{}'", text), ""};
    nodes[labelled ? text.substr(0, equals) : ""] = count;
  }
  return nodes;
}

Result<plan::Plan> make_plan(topology::ReadResult read, const LoadOptions& options,
                             OperatorRegistry& registry) {
  topology::Topology& topology = read.topology;
  if (!read.ok()) return report_problems(topology.file, read.problems, read.kind);
  plugin::Loader loader(registry);
  const plugin::SearchPath search = plugin::SearchPath::of_process();
  DNSTORM_CHECK(load_named(options.plugins, search, loader));
  auto refused = load_listed_plugins(topology, search, loader);
  if (!refused.empty()) return report_problems(topology.file, refused, ErrorKind::config);
  for (const std::string& assignment : options.set)
    DNSTORM_CHECK(topology::set_property(topology, assignment));
  DNSTORM_CHECK(set_captures(topology, options.set_captures));
  plan::ExpandResult expanded =
      plan::expand(topology, registry,
                   {.parallelism = options.parallelism,
                    .nodes_by_label = DNSTORM_TRY(nodes_by_label(options.nodes))});
  if (!expanded.ok()) return report_problems(topology.file, expanded.problems, ErrorKind::config);
  auto metrics = check_metrics(expanded.plan.config.metrics);
  if (!metrics.ok()) {
    Error error = std::move(metrics.error());
    error.what = fmt::format("{}: {}", topology.file, error.what);
    return error;
  }
  return std::move(expanded.plan);
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
  command
      .add_option("--nodes", options.nodes,
                  "Stand for several nodes: LABEL=COUNT tasks of what is placed per node")
      ->take_all()
      ->allow_extra_args(false);
  add_plugin_option(command, options.plugins);
}

void add_plugin_option(CLI::App& command, std::vector<std::string>& plugins) {
  command
      .add_option("--plugin", plugins,
                  "Shared library with operators; a bare name is also looked for in "
                  "DNSTORM_PLUGIN_PATH")
      ->type_name("FILE")
      ->take_all()
      ->allow_extra_args(false);
}

Result<void> load_plugins(const std::vector<std::string>& plugins, OperatorRegistry& registry) {
  plugin::Loader loader(registry);
  return load_named(plugins, plugin::SearchPath::of_process(), loader);
}

std::map<std::string, std::string> environment_variables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Result<topology::Variables> variables_of(const LoadOptions& options) {
  topology::Variables variables;
  if (!options.filter.empty())
    variables.properties = DNSTORM_TRY(topology::read_properties_file(options.filter));
  variables.environment = environment_variables();
  return variables;
}

topology::ReadResult with_plugins(topology::ReadResult read, OperatorRegistry& registry) {
  if (!read.ok()) return read;
  plugin::Loader loader(registry);
  read.problems = load_listed_plugins(read.topology, plugin::SearchPath::of_process(), loader);
  return read;
}

OperatorRegistry builtin_registry() {
  OperatorRegistry registry;
  operators::add_builtin_operators(registry);
  return registry;
}

Result<plan::Plan> load_plan(const std::string& path, const LoadOptions& options,
                             OperatorRegistry& registry) {
  topology::Variables variables = DNSTORM_TRY(variables_of(options));
  return make_plan(topology::read_file(path, variables), options, registry);
}

Result<plan::Plan> load_plan_text(const std::string& text, const std::string& name,
                                  const LoadOptions& options, OperatorRegistry& registry) {
  return make_plan(topology::read_text(text, name), options, registry);
}

}  // namespace dnstorm::cli
