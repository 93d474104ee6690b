#include "cli/cluster_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

namespace dnstorm::cli {

ClusterOptions::ClusterOptions(CLI::App& command) : command_(command) {
  command_
      .add_option("--config", files_,
                  "The cluster's file; given again, later files stand over earlier ones")
      ->type_name("FILE");
}

void ClusterOptions::add(const std::string& option, const std::string& key, const std::string& help,
                         bool many) {
  auto& values = *options_.emplace_back(
      std::make_unique<cluster::ConfigOption>(cluster::ConfigOption{option, key, {}}));
  CLI::Option* made = command_.add_option(option, values.values, help);
  made->expected(1)->type_name("TEXT");
  made->multi_option_policy(many ? CLI::MultiOptionPolicy::TakeAll
                                 : CLI::MultiOptionPolicy::TakeLast);
}

Result<cluster::ClusterConfig> ClusterOptions::read() const {
  std::vector<cluster::ConfigOption> given;
  for (const auto& option : options_)
    if (!option->values.empty()) given.push_back(*option);
  return cluster::read_cluster_config(files_, given);
}

void print_log_line(const cluster::LogLine& line) {
  // Always with milliseconds, so that lines stand below each other.
  std::string time = format_time(line.wall / ns_per_s * ns_per_s);
  time.insert(time.size() - 1, fmt::format(".{:03}", line.wall / ns_per_ms % 1000));
  fmt::print(stderr, "{} {:<7} {}{}{}: {}\n", time, line.level, line.node,
             line.topology.empty() ? "" : " ", line.topology, line.text);
}

}  // namespace dnstorm::cli
