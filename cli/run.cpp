// dnstorm run: everything in one process.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>

#include "board/server/live.hpp"
#include "board/server/server.hpp"
#include "cli/accounting.hpp"
#include "cli/app.hpp"
#include "cli/board_address.hpp"
#include "cli/board_capacity.hpp"
#include "cli/board_data.hpp"
#include "cli/board_history.hpp"
#include "cli/board_walls.hpp"
#include "cli/confine.hpp"
#include "cli/event_desk.hpp"
#include "cli/load.hpp"
#include "cli/metrics.hpp"
#include "cli/metrics_influx.hpp"
#include "cli/plan_json.hpp"
#include "cli/progress.hpp"
#include "cli/run_control.hpp"
#include "cli/stall.hpp"
#include "cli/stop_signal.hpp"
#include "cli/tap_desk.hpp"
#include "cli/topology_monitor.hpp"
#include "cli/topology_source.hpp"
#include "engine/api/hook.hpp"
#include "engine/runtime/local_run.hpp"
#include "operators/sinks/exposition.hpp"

namespace dnstorm::cli {

namespace {

struct RunArgs {
  std::string topology;
  LoadOptions load;
  std::string board;  // [HOST:]PORT; empty: no board
  bool keep_board = false;
  bool quiet = false;
  std::string summary;  // file for the accounting as JSON
  bool resume = false;
  TapRequest tap;  // edge: empty: none
  std::string speed, from, to;
  ConfineOptions confine;
};

// A text is quoted for YAML: 2026-11-21T00:00:00Z is no number, and stays what was written.
void set_replay(RunArgs& args) {
  for (const auto& [name, value] :
       {std::pair{"speed", &args.speed}, {"from", &args.from}, {"to", &args.to}})
    if (!value->empty()) args.load.set_captures.push_back(fmt::format("{}='{}'", name, *value));
}

// A run with the board that shows it. The members are torn down in reverse: first nobody asks any
// more, then the run ends, then what it fed.
class Session {
 public:
  Session(const RunArgs& args, const plan::Plan& plan)
      : args_(args),
        plan_(plan),
        taps_(plan, clock_),
        monitor_(plan, clock_.steady_ns()),
        live_(live_options(plan)),
        event_feed_(event_log_, live_),
        progress_(!args.quiet && args.tap.edge.empty()) {
    data_.add("walls",
              [this](const ApiRequest&) { return ApiAnswer{.body = board_walls_json(plan_)}; });
  }

  Result<void> start() {
    // The port first: a board that cannot be shown is told before packets are read.
    if (!args_.board.empty()) {
      auto options = DNSTORM_TRY(parse_board_address(args_.board, "--board"));
      if (const char* token = std::getenv("DNSTORM_CONTROL_TOKEN")) options.control_token = token;
      options.metrics = [this] { return prometheus_text(metrics()) + exposition_->text(); };
      options.topology = [this] { return topology(); };
      options.tap = [this](const board::TapQuery& query) { return taps_.open(query); };
      if (const char* token = std::getenv("DNSTORM_TAP_TOKEN")) options.tap_token = token;
      add_data(options.control_token);
      offer_events(options);
      DNSTORM_CHECK(offer_capacity());
      offer_history(history_files(plan_), data_);
      options.data = [this](const ApiRequest& request) { return data_.answer(request); };
      options.control = [this](const board::ControlRequest& request) { return change(request); };
      server_ = DNSTORM_TRY(board::Server::start(options, live_, [this] { return honesty(); }));
    }
    if (!args_.tap.edge.empty()) tap_ = DNSTORM_TRY(taps_.open(args_.tap));
    if (!plan_.config.metrics.influx.empty())
      influx_ = DNSTORM_TRY(MetricsInflux::start(plan_, [this] { return metrics(); }));
    runtime::RunOptions options;
    options.taps = &taps_.hub();
    options.feed = server_ ? &event_feed_ : nullptr;
    options.resources = std::make_shared<Resources>();
    if (server_) options.resources->publish(operators::exposition_key, exposition_);
    options.resume = args_.resume;
    auto run = DNSTORM_TRY(runtime::LocalRun::start(plan_, options));
    // Devices and files are open now: what they were opened with is not needed any more.
    auto confined = confine(args_.confine, plan_);
    if (!confined.ok()) {
      run->request_stop();
      (void)run->wait();
      return confined;
    }
    tell_of_checkpoint(run->status().checkpoints);
    {
      std::lock_guard lock(mutex_);
      run_ = std::move(run);
    }
    if (server_ && !args_.quiet) fmt::print(stderr, "The board is at {}\n", server_->url());
    return {};
  }

  Result<void> wait() {
    bool stopping = false;
    while (!run_->wait_for(std::chrono::milliseconds(200))) {
      runtime::RunStatus status = run_->status();
      progress_.show(honesty(), status, clock_.steady_ns());
      tell_of_stall(status);
      print_tap();
      if (stop_requested() && !stopping) {
        stopping = true;
        run_->request_stop();
      }
    }
    Result<void> result = run_->wait();
    progress_.clear();
    taps_.end();
    print_tap();
    tap_.reset();
    if (server_) taps_.wait_until_closed();
    {
      std::lock_guard lock(mutex_);
      ended_ = clock_.steady_ns();
      if (!result.ok()) failure_ = result.error().what;
    }
    board::Honesty last = honesty();
    if (result.ok()) check_conservation(plan_, last);
    if (!args_.quiet) fmt::print(stderr, "{}\n", summary_line(last));
    finish_metrics();
    if (server_ && args_.keep_board && !stop_requested()) keep_serving();
    DNSTORM_CHECK(write_summary(last));
    return result;
  }

 private:
  Result<void> offer_capacity() {
    auto source = capacity_source(plan_);
    if (!source) return {};
    // Limits that are no numbers are told before packets are read.
    DNSTORM_CHECK(read_question({.prefix = "topology.capacity.", .limits = source->limits}));
    capacity_.emplace(std::move(*source), clock_);
    data_.add("capacity", [this](const ApiRequest& request) { return capacity_->answer(request); });
    return {};
  }

  static board::LiveOptions live_options(const plan::Plan& plan) {
    board::LiveOptions options;
    options.title = plan.name;
    options.epoch = fmt::format("{:x}", SystemClock().wall_ns());
    return options;
  }

  void offer_events(const board::ServerOptions& options) {
    EventSources sources = event_sources(plan_);
    if (!sources.shown) return;
    if (sources.only_events) data_.begin_with("security");
    event_desk_.emplace(event_log_, std::move(sources), clock_,
                        EventTokens{options.control_token, options.tap_token});
    data_.add("events", [this](const ApiRequest& request) { return event_desk_->answer(request); });
  }

  // Called by the board's thread, too.
  board::Honesty honesty() {
    std::lock_guard lock(mutex_);
    if (!run_) return {};
    runtime::RunStatus status = run_->status();
    board::Honesty honesty = account(plan_, status);
    if (status.finished) honesty.state = failure_.empty() ? "finished" : "failed";
    honesty.failure = failure_;
    return honesty;
  }

  // Called by the threads of the board and of the metrics.
  std::vector<Metric> metrics() {
    std::lock_guard lock(mutex_);
    if (!run_) return {};
    return metrics_of(run_->status(), run_->latencies());
  }

  // Called by the board's thread.
  std::string topology() {
    std::lock_guard lock(mutex_);
    return monitor_.json(clock_.steady_ns(), [this] {
      TopologyMonitor::Look look{
          ended_ != 0 ? ended_ : clock_.steady_ns(), clock_.wall_ns(), {}, {}, {}, {}};
      if (!run_) return look;
      look.status = run_->status();
      look.latencies = run_->latencies();
      look.queues = run_->queues();
      look.failures = run_->failures();
      return look;
    });
  }

  // What the board may be asked for by name.
  void add_data(const std::string& control_token) {
    if (auto variables = variables_of(args_.load); variables.ok())
      source_ = TopologySource::read(args_.topology, *variables);
    auto guarded = [&](auto answer) {
      return [control_token, answer](const ApiRequest& request) {
        auto refused = refuse_change(request, control_token);
        return refused ? *refused : answer(request);
      };
    };
    // A topology may have passwords in it, and to explain one takes its time.
    data_.add("source",
              guarded([this](const ApiRequest& request) { return source_.answer(request); }));
    data_.add("explain", guarded(explain_answer));
  }

  // Called by the board's thread.
  Result<std::string> change(const board::ControlRequest& request) {
    std::lock_guard lock(mutex_);
    if (!run_) return Error{ErrorKind::unavailable, "the run is only being started", ""};
    return control(*run_, request);
  }

  void print_tap() {
    if (!tap_) return;
    std::istringstream lines(tap_->take());
    for (std::string line; std::getline(lines, line);) fmt::print(stderr, "{}", tap_text(line));
  }

  // What is measured is not what is counted: the run has not failed if it cannot be delivered.
  void finish_metrics() {
    if (!influx_) return;
    auto all = influx_->finish();
    if (!all.ok()) fmt::print(stderr, "dnstorm: metrics: {}\n", all.error().what);
    influx_.reset();
  }

  void tell_of_checkpoint(const runtime::CheckpointStatus& checkpoints) const {
    for (const std::string& warning : checkpoints.warnings)
      fmt::print(stderr, "dnstorm: {}; going on from the one before it\n", warning);
    if (!args_.resume || args_.quiet) return;
    if (checkpoints.resumed_from != 0)
      fmt::print(stderr, "Going on from checkpoint {}\n", checkpoints.resumed_from);
    else
      fmt::print(stderr, "There is no checkpoint: beginning anew\n");
  }

  // A source that may not go on is told in the log, once a minute: it may lose what it reads from.
  void tell_of_stall(const runtime::RunStatus& status) {
    constexpr std::uint64_t long_ns = 10'000'000'000;
    auto stall = find_stall(status, long_ns);
    if (!stall || clock_.steady_ns() < next_stall_) return;
    next_stall_ = clock_.steady_ns() + 60 * ns_per_s;
    progress_.clear();
    fmt::print(stderr, "dnstorm: {}\n", to_string(*stall));
  }

  void keep_serving() {
    if (!args_.quiet) fmt::print(stderr, "Serving the board at {} until Ctrl-C\n", server_->url());
    while (!stop_requested()) wait_for_stop(1000);
  }

  Result<void> write_summary(const board::Honesty& honesty) {
    if (args_.summary.empty()) return {};
    std::string text = summary_json(honesty, run_->status(), run_->latencies()) + "\n";
    if (args_.summary == "-") {
      fmt::print("{}", text);
      return {};
    }
    std::FILE* file = std::fopen(args_.summary.c_str(), "w");
    bool good = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
    if (file != nullptr) good = std::fclose(file) == 0 && good;
    if (!good)
      return Error{ErrorKind::io,
                   fmt::format("{}: cannot be written: {}", args_.summary, std::strerror(errno)),
                   ""};
    return {};
  }

  const RunArgs& args_;
  const plan::Plan& plan_;
  SystemClock clock_;
  TimeNs next_stall_ = 0;
  TimeNs ended_ = 0;  // Clock::steady_ns; 0: it runs
  TapDesk taps_;
  std::unique_ptr<board::LineSource> tap_;  // of --tap
  TopologyMonitor monitor_;
  std::optional<BoardCapacity> capacity_;
  BoardData data_;
  TopologySource source_;
  board::Live live_;
  EventLog event_log_;
  EventFeed event_feed_;
  std::optional<EventDesk> event_desk_;
  // What sinks keep for Prometheus.
  const std::shared_ptr<operators::Exposition> exposition_ =
      std::make_shared<operators::Exposition>();
  Progress progress_;
  // Guards run_ (set once), failure_, ended_ and monitor_ against the other threads.
  std::mutex mutex_;
  std::unique_ptr<runtime::LocalRun> run_;
  std::string failure_;
  std::unique_ptr<MetricsInflux> influx_;
  std::unique_ptr<board::Server> server_;
};

int run(const RunArgs& args) {
  watch_stop_signals();
  auto allowed = check_confine(args.confine);
  if (!allowed.ok()) return fail(allowed.error());
  OperatorRegistry registry = builtin_registry();
  auto plan = load_plan(args.topology, args.load, registry);
  if (!plan.ok()) return fail(plan.error());
  if (args.resume && plan->config.delivery != plan::Delivery::exactly_once)
    return fail({ErrorKind::usage,
                 "--resume goes on from a checkpoint, and this topology takes none: set "
                 "topology.delivery: exactly-once in its config",
                 ""});
  Session session(args, *plan);
  auto started = session.start();
  if (!started.ok()) return fail(started.error());
  auto result = session.wait();
  if (!result.ok()) return fail(result.error());
  return 0;
}

}  // namespace

namespace {

void add_capture_options(CLI::App& command, RunArgs& args) {
  command.add_option("--speed", args.speed, "Replay captures at max, 1x, 10x ...")
      ->group("Captures");
  command
      .add_option("--from", args.from,
                  "Packets of captures from that time on (2026-11-21T19:19:17Z or seconds)")
      ->group("Captures");
  command.add_option("--to", args.to, "Packets of captures before that time")->group("Captures");
  command
      .add_option("--user", args.confine.user,
                  "Started as root: go on as that user once all is open; implies --confine")
      ->type_name("NAME")
      ->group("Privileges");
  command
      .add_flag("--confine", args.confine.confine,
                "Once all is open: no capabilities, no new privileges, and a seccomp filter "
                "unless the topology starts programs")
      ->group("Privileges");
}

}  // namespace

void add_run_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<RunArgs>();
  CLI::App* command = app.add_subcommand("run", "Run a topology in this process");
  add_load_options(*command, args->topology, args->load);
  command->add_option("--board", args->board, "Serve the live board at [HOST:]PORT")
      ->expected(0, 1)
      ->default_str(std::to_string(board::default_port));
  command->add_flag("--keep-board", args->keep_board,
                    "Serve the board after the end, until Ctrl-C");
  command->add_option("--summary", args->summary,
                      "Write where every packet went as JSON; -: standard output");
  command->add_flag("--resume", args->resume,
                    "Go on from the newest checkpoint (topology.delivery: exactly-once)");
  command->add_option("--tap", args->tap.edge,
                      "Print a sample of the rows that pass an edge to standard error: "
                      "component[:stream][->other]; --where and --rate as for dnstorm tap");
  add_tap_options(*command, args->tap);
  add_capture_options(*command, *args);
  for (const char* option : {"--where", "--rate"}) command->get_option(option)->needs("--tap");
  command->add_flag("-q,--quiet", args->quiet, "No progress line and no closing line");
  command->footer(
      "Example:\n  dnstorm run configs/topologies/quickstart.yaml --set packets.file=my.pcap "
      "--board 8353\n"
      "  dnstorm run mine.yaml --tap 'decode:queries->names' --where 'qtype == AAAA'");
  command->callback([args, command, &chosen] {
    if (command->count("--board") > 0 && args->board.empty())
      args->board = std::to_string(board::default_port);
    set_replay(*args);
    chosen = [args] { return run(*args); };
  });
}

}  // namespace dnstorm::cli
