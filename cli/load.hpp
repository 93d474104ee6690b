// From a topology file to a plan, with every problem printed as "file:line:column: ...".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"

namespace CLI {
class App;
}

namespace dnstorm::cli {

// All operators that the program knows.
OperatorRegistry builtin_registry();

struct LoadOptions {
  std::string filter;                // Java properties for ${key}; empty: none
  std::vector<std::string> set;      // component.property=value
  std::vector<std::string> plugins;  // paths or bare names
  std::uint32_t parallelism = 0;     // see plan::ExpandOptions
  std::vector<std::string> nodes = {};  // LABEL=COUNT: see plan::ExpandOptions::nodes_by_label
  // property=value of every spout that reads captures
  std::vector<std::string> set_captures = {};
};

// The topology file and LoadOptions on a command line: alike for all that read a topology.
void add_load_options(CLI::App& command, std::string& topology, LoadOptions& options);

// --plugin on a command line, and what it names added to `registry`.
void add_plugin_option(CLI::App& command, std::vector<std::string>& plugins);
Result<void> load_plugins(const std::vector<std::string>& plugins, OperatorRegistry& registry);

// The plan of a topology. Prints problems to standard error and returns what makes the exit code.
// The operators of plug-ins, those of `options` first, are added to `registry`, which must outlive
// the plan.
Result<plan::Plan> load_plan(const std::string& path, const LoadOptions& options,
                             OperatorRegistry& registry);
// The same from text, in which ${...} has no values; `name` stands for the file in messages.
Result<plan::Plan> load_plan_text(const std::string& text, const std::string& name,
                                  const LoadOptions& options, OperatorRegistry& registry);

// A topology that has been read, with the operators of its plug-ins added to `registry`; what
// cannot be loaded joins its problems. Nothing is printed.
topology::ReadResult with_plugins(topology::ReadResult read, OperatorRegistry& registry);
// What stands for ${...} in it.
Result<topology::Variables> variables_of(const LoadOptions& options);
// ${ENV-NAME} of this process.
std::map<std::string, std::string> environment_variables();

}  // namespace dnstorm::cli
