// dnstorm node: runs what the coordinator says on this machine; and dnstorm worker, which the node
// starts for each topology.
#include <fcntl.h>
#include <sys/file.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/app.hpp"
#include "cli/cluster/submission.hpp"
#include "cli/cluster_options.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "cli/tap.hpp"
#include "cluster/node/agent.hpp"
#include "cluster/wire/key_folder.hpp"
#include "cluster/worker/worker.hpp"
#include "engine/api/hook.hpp"
#include "operators/detect/live_mutes.hpp"

namespace dnstorm::cli {

namespace {

using cluster::ClusterConfig;

// As the node was called: the worker reads the same files with the same options.
std::vector<std::string> worker_arguments(const std::vector<std::string>& files,
                                          const ClusterConfig& config) {
  std::vector<std::string> arguments = {"/proc/self/exe", "worker"};
  for (const std::string& file : files) arguments.insert(arguments.end(), {"--config", file});
  arguments.insert(arguments.end(), {"--name", config.node.name, "--bind", config.node.bind,
                                     "--folder", config.node.folder});
  if (!config.keys.empty()) arguments.insert(arguments.end(), {"--keys", config.keys});
  return arguments;
}

int run_node(const ClusterOptions& options) {
  watch_stop_signals();
  auto config = options.read();
  if (!config.ok()) return fail(config.error());
  cluster::AgentSetup setup;
  setup.config = *config;
  setup.version = DNSTORM_VERSION;
  setup.worker = worker_arguments(options.files(), *config);
  setup.on_log = print_log_line;
  auto agent = cluster::Agent::start(std::move(setup));
  if (!agent.ok()) return fail(agent.error());
  fmt::print(stderr, "Node {}: begun\n", config->node.name);
  while (!stop_requested()) wait_for_stop(1000);
  (*agent)->stop();
  return 0;
}

// Held until the process ends; its end is how the next node knows that it is gone.
Result<void> hold_lock(const std::string& folder) {
  std::string path = cluster::worker_lock_file(folder);
  constexpr mode_t mode = 0600;
  int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (file < 0 || ::flock(file, LOCK_SH) != 0)
    return Error{ErrorKind::io, path + ": cannot be locked", ""};
  return {};
}

class WorkerTap final : public cluster::RowTap {
 public:
  explicit WorkerTap(std::unique_ptr<Tap> tap) : tap_(std::move(tap)) {}
  std::string take() override { return tap_->take(); }
  void end() override { tap_->end(); }

 private:
  std::unique_ptr<Tap> tap_;
};

int run_worker(const ClusterOptions& options) {
  auto config = options.read();
  if (!config.ok()) return fail(config.error());
  if (auto held = hold_lock(config->node.folder); !held.ok()) return fail(held.error());
  OperatorRegistry registry = builtin_registry();
  cluster::WorkerOptions worker;
  worker.node = config->node.name;
  worker.make_plan = [&](const cluster::Submission& submission,
                         const cluster::PlanChoices& choices) {
    return plan_of(submission, choices, registry);
  };
  runtime::TapHub taps;
  SystemClock clock;
  worker.run.taps = &taps;
  auto mutes = std::make_shared<operators::LiveMutes>();
  worker.run.resources = std::make_shared<Resources>();
  worker.run.resources->publish(operators::live_mutes_key, mutes);
  worker.mute = [mutes](const std::vector<std::string>& rules) { return mutes->set(rules); };
  worker.open_tap =
      [&](const plan::Plan& plan,
          const cluster::TapOrder& order) -> Result<std::unique_ptr<cluster::RowTap>> {
    TapRequest request{order.edge, order.where, order.rate, config->node.name};
    auto tap = DNSTORM_TRY(Tap::open(plan, taps, clock, request));
    return std::unique_ptr<cluster::RowTap>(std::make_unique<WorkerTap>(std::move(tap)));
  };
  worker.links.endpoint = fmt::format("tcp://{}:0", config->node.bind);
  worker.links.ports = config->node.ports;
  worker.links.encode.zstd_level = config->compression;
  if (!config->keys.empty()) {
    auto keys = cluster::load_keys(config->keys, config->node.name);
    if (!keys.ok()) return fail(keys.error());
    worker.links.hub.keys = keys->own;
    worker.links.hub.allowed = keys->allowed;
  }
  return cluster::run_worker(std::move(worker));
}

void add_node_options(ClusterOptions& options) {
  options.add("--name", "node.name", "Its name: that of its key");
  options.add("--bind", "node.bind", "Address for data and pings, which other nodes reach");
  options.add("--folder", "node.folder", "Folder of its own");
  options.add("--keys", "keys", "Folder of keys; empty: none are used, loopback only");
}

}  // namespace

void add_node_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command =
      app.add_subcommand("node", "Run this machine's share of what the cluster runs");
  auto options = std::make_shared<ClusterOptions>(*command);
  add_node_options(*options);
  options->add("--label", "node.labels", "What it is for: place: {label: ...}; several", true);
  options->add("--cores", "node.cores", "Cores that topologies may take");
  options->add("--memory", "node.memory", "Memory that topologies may take, such as 8GiB");
  command->footer(
      "Example:\n"
      "  dnstorm node --config /etc/dnstorm/cluster.yaml --name fra1 --label capture\n"
      "docs/cluster.md tells how to begin with a cluster.");
  command->callback([options, &chosen] { chosen = [options] { return run_node(*options); }; });
}

void add_worker_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand("worker", "Started by a node for each of its topologies");
  command->group("");  // not for people
  auto options = std::make_shared<ClusterOptions>(*command);
  add_node_options(*options);
  command->callback([options, &chosen] { chosen = [options] { return run_worker(*options); }; });
}

}  // namespace dnstorm::cli
