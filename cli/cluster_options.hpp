// What the daemons of a cluster share on the command line: --config, and options that stand over
// the file; and how they log.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "cluster/model/config.hpp"
#include "cluster/model/report.hpp"

namespace dnstorm::cli {

class ClusterOptions {
 public:
  // Adds --config to the command.
  explicit ClusterOptions(CLI::App& command);
  // An option for a key of the file ("node.name"); with `many` it may be given several times.
  void add(const std::string& option, const std::string& key, const std::string& help,
           bool many = false);
  Result<cluster::ClusterConfig> read() const;
  const std::vector<std::string>& files() const { return files_; }

 private:
  CLI::App& command_;
  std::vector<std::string> files_;
  std::vector<std::unique_ptr<cluster::ConfigOption>> options_;
};

// One line to standard error: time, level, node, topology, text.
void print_log_line(const cluster::LogLine& line);

}  // namespace dnstorm::cli
