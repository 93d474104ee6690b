// dnstorm coordinator: takes topologies and says which node runs what.
#include <CLI/CLI.hpp>
#include <memory>
#include <mutex>

#include "board/server/server.hpp"
#include "cli/app.hpp"
#include "cli/board_address.hpp"
#include "cli/cluster/planner.hpp"
#include "cli/cluster/submission.hpp"
#include "cli/cluster_boards.hpp"
#include "cli/cluster_options.hpp"
#include "cli/cluster_taps.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "cluster/control/control.hpp"
#include "cluster/coordinator/server.hpp"
#include "engine/runtime/resume.hpp"

namespace dnstorm::cli {

namespace {

using cluster::Assignment, cluster::ClusterConfig;

runtime::TaskNames names_of(const plan::Plan& plan, const Assignment& assignment) {
  runtime::TaskNames names;
  for (const plan::ComponentPlan& component : plan.components) {
    if (!component.place.per_node) continue;
    auto nodes = assignment.per_node.find(component.place.label);
    if (nodes != assignment.per_node.end()) names[component.id] = nodes->second;
  }
  return names;
}

Result<std::vector<std::string>> fit_checkpoint(cluster::CheckpointFit fit) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = DNSTORM_TRY(plan_of(fit.submission, fit.choices, registry));
  delivery::TaskLayout layout;
  for (const cluster::ComponentShape& component : fit.note.layout)
    layout.push_back({component.id, component.tasks});
  return runtime::fit_states(std::move(fit.checkpoint.states), layout,
                             names_of(plan, fit.note.assignment), plan,
                             names_of(plan, fit.assignment));
}

// Where the HTTP interface of a coordinator is, by its name: on the port of this one, as one
// cluster.yaml does for all. "": there is none of that name.
std::string interface_host(const ClusterConfig& config, const std::string& name) {
  for (const cluster::CoordinatorAddress& it : config.coordinators) {
    if (it.name != name) continue;
    std::string host = it.endpoint.substr(0, it.endpoint.rfind(':'));
    return host.starts_with("tcp://") ? host.substr(std::string_view("tcp://").size()) : host;
  }
  return "";
}

// What the HTTP interface asks, answered by the coordinator's server.
class Desk final : public cluster::ControlTarget {
 public:
  Desk(const ClusterConfig& config, const board::ServerOptions& address)
      : config_(config), address_(address), began_(clock_.steady_ns()) {}
  void serve(cluster::CoordinatorServer* server) { server_ = server; }
  // On the coordinator's thread.
  void log(const cluster::LogLine& line) {
    print_log_line(line);
    std::lock_guard lock(mutex_);
    book_.add(line);
  }

  cluster::ControlMoment now() override { return {clock_.wall_ns(), clock_.steady_ns()}; }
  cluster::ClusterView view() override { return server_->view(); }
  std::vector<cluster::CoordinatorInfo> coordinators() override {
    const bool leads = server_->view().leads;
    std::vector<cluster::CoordinatorInfo> all = {
        {address_.host, address_.port, leads, true, clock_.steady_ns() - began_, DNSTORM_VERSION}};
    const std::string leader = leads ? "" : interface_host(config_, server_->leader());
    if (!leader.empty()) all.push_back({leader, address_.port, true, true, 0, ""});
    return all;
  }
  std::vector<cluster::NumberedLine> logs(const cluster::LogQuery& query) override {
    std::lock_guard lock(mutex_);
    return book_.read(query);
  }
  Result<cluster::SubmitAnswer> submit(cluster::Submission submission,
                                       cluster::SubmitOptions options) override {
    return server_->submit(std::move(submission), options);
  }
  Result<void> kill(const std::string& topology, std::optional<DurationNs> wait) override {
    return server_->kill(topology, wait);
  }
  Result<void> activate(const std::string& topology) override {
    return server_->activate(topology);
  }
  Result<void> deactivate(const std::string& topology) override {
    return server_->deactivate(topology);
  }
  Result<void> rebalance(const std::string& topology,
                         const std::map<std::string, std::uint32_t>& executors) override {
    return server_->rebalance(topology, executors);
  }
  Result<void> drain(const std::string& node, bool drained) override {
    return server_->drain(node, drained);
  }
  Result<void> forget(const std::string& node) override { return server_->forget(node); }

 private:
  const ClusterConfig& config_;
  const board::ServerOptions& address_;
  SystemClock clock_;
  TimeNs began_;
  cluster::CoordinatorServer* server_ = nullptr;
  std::mutex mutex_;  // guards book_
  cluster::LogBook book_;
};

Result<cluster::ControlOptions> control_options(const ClusterConfig& config) {
  cluster::ControlOptions options;
  options.version = DNSTORM_VERSION;
  for (const auto& [name, source] : config.tokens)
    options.tokens.push_back(DNSTORM_TRY(cluster::read_secret(source)));
  options.configuration = {{"cluster", config.name},
                           {"api", config.api},
                           {"zookeeper", config.zookeeper},
                           {"timeouts.node", format_duration(config.timeouts.node)},
                           {"timeouts.lease", format_duration(config.timeouts.lease)},
                           {"timeouts.launch", format_duration(config.timeouts.launch)},
                           {"timeouts.absence", format_duration(config.timeouts.absence)}};
  return options;
}

Result<void> serve(const ClusterConfig& config) {
  auto web = DNSTORM_TRY(parse_board_address(config.api, "api"));
  web.certificate = config.tls.certificate;
  web.key = config.tls.key;
  TopologyPlanner planner;
  Desk desk(config, web);
  cluster::Control control(DNSTORM_TRY(control_options(config)), desk);
  cluster::ServerSetup setup;
  setup.config = config;
  setup.version = DNSTORM_VERSION;
  setup.planner = &planner;
  setup.fit = fit_checkpoint;
  SystemClock clock;
  ClusterTaps taps(clock);
  ClusterBoardsSetup shown{.cluster = config.name, .folder = config.state + "/boards"};
  shown.board_of = [&](const std::string& name) {
    std::string host = interface_host(config, name);
    return host.empty() ? ""
                        : fmt::format("{}://{}:{}", web.certificate.empty() ? "http" : "https",
                                      host, web.port);
  };
  shown.refuse_change = [&](const ApiRequest& request) { return control.refuse_change(request); };
  ClusterBoards boards(clock, std::move(shown));
  setup.on_news = [&](const cluster::WorkerNews& news, TimeNs now) {
    control.take(news, now);
    taps.take(news, now);
    boards.take(news, now);
  };
  setup.on_feed = [&](const cluster::FeedNews& news) { return boards.take(news); };
  setup.on_log = [&](const cluster::LogLine& line) { desk.log(line); };
  auto server = DNSTORM_TRY(cluster::CoordinatorServer::start(std::move(setup)));
  desk.serve(server.get());
  taps.serve(server.get());
  boards.serve(server.get());
  web.api = [&](const ApiRequest& request) { return control.answer(request); };
  web.tap = [&](const board::TapQuery& query) { return taps.open(query); };
  web.tap_refusal = [&](const ApiRequest& request) { return control.refuse_tap(request); };
  web.data = [&](const ApiRequest& request) { return boards.answer(request); };
  auto http = DNSTORM_TRY(board::Server::start(web, boards));
  fmt::print(stderr, "Coordinator {}: nodes report to {}, the interface is at {}\n",
             config.coordinator_name(), config.coordinator_bind(), http->url());
  while (!stop_requested()) wait_for_stop(1000);
  http->stop();  // nobody asks any more
  server->stop();
  return {};
}

int run_coordinator(const ClusterOptions& options) {
  watch_stop_signals();
  auto config = options.read();
  if (!config.ok()) return fail(config.error());
  auto done = serve(*config);
  return done.ok() ? 0 : fail(done.error());
}

}  // namespace

void add_coordinator_command(CLI::App& app, Chosen& chosen) {
  CLI::App* command = app.add_subcommand(
      "coordinator", "Take topologies and say which nodes of the cluster run what");
  auto options = std::make_shared<ClusterOptions>(*command);
  options->add("--name", "coordinator.name", "Its name: that of its key");
  options->add("--api", "api", "Where its HTTP interface listens: ADDRESS:PORT");
  options->add("--state", "state", "Folder of what it must not forget");
  command->footer(
      "Example:\n"
      "  dnstorm coordinator --config /etc/dnstorm/cluster.yaml\n"
      "docs/cluster.md tells how to begin with a cluster.");
  command->callback(
      [options, &chosen] { chosen = [options] { return run_coordinator(*options); }; });
}

}  // namespace dnstorm::cli
