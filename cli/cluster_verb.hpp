// What the verbs of a cluster have in common.
#pragma once

#include <functional>
#include <string>

#include "cli/app.hpp"
#include "cli/cluster_client.hpp"

namespace dnstorm::cli {

// Asks and prints what comes of it to standard output; what goes wrong is one line and an exit
// code. Answers that lack what is looked for are those of another version.
int run_cluster_verb(const ClusterArgs& args,
                     const std::function<Result<std::string>(ClusterClient&)>& verb);

// The options of the cluster, and a verb as what the command does.
void set_cluster_verb(CLI::App& command, Chosen& chosen, const std::shared_ptr<ClusterArgs>& args,
                      std::function<Result<std::string>(ClusterClient&)> verb);

std::string pretty(const Json& json);
std::string number_text(const Json& json, const char* key);  // "1,234", "0.5"; "-" of null
// /topology/NAME, with what is special in it encoded.
std::string topology_path(const std::string& name);

// Of what may be the board of a run, or a topology of a cluster: whether it is the latter. A name
// has neither ':' nor '/' and does not only consist of digits, or --to is given.
bool names_topology(const std::string& run, const ClusterArgs& args);

// What the `rebalance`, `activate` and `deactivate` of a topology do (cli/control_command.cpp).
int change_topology(const ClusterArgs& args, const std::string& action, const std::string& topology,
                    const std::vector<std::string>& changes);

}  // namespace dnstorm::cli
