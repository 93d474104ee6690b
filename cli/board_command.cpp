// dnstorm board: the board of what is stored, without a run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "cli/app.hpp"
#include "cli/board_address.hpp"
#include "cli/board_capacity.hpp"
#include "cli/board_data.hpp"
#include "cli/board_history.hpp"
#include "cli/capacity_source.hpp"
#include "cli/event_desk.hpp"
#include "cli/load.hpp"
#include "cli/stop_signal.hpp"
#include "cli/stored_events.hpp"
#include "operators/sinks/point_history.hpp"

namespace dnstorm::cli {

namespace {

struct BoardArgs {
  std::string topology;  // "": none, only files
  LoadOptions load;
  std::vector<std::string> stores;
  std::vector<std::string> events;
  std::string address = std::to_string(board::default_port);
  PointNames counts;
};

// What is shown: files, and how to read them.
struct Stored {
  std::string title;
  std::vector<HistoryFile> stores;
  std::vector<std::string> events;  // files that may hold some
  std::optional<CapacitySource> capacity;
  EventSources sources;
};

Result<void> take_topology(const BoardArgs& args, Stored& stored) {
  OperatorRegistry registry = builtin_registry();
  const plan::Plan plan = DNSTORM_TRY(load_plan(args.topology, args.load, registry));
  stored.title = plan.name;
  stored.stores = history_files(plan);
  stored.capacity = capacity_source(plan);
  stored.sources = event_sources(plan);
  for (const HistoryFile& file : stored.stores) stored.events.push_back(file.path);
  if (!stored.stores.empty()) return {};
  return Error{ErrorKind::usage,
               fmt::format("board: {} keeps nothing: it has no sink `store`", args.topology), ""};
}

// A file that is named must be there; what a topology would write may be missing yet.
Result<void> take_store(const BoardArgs& args, const std::string& path, Stored& stored) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    return Error{ErrorKind::no_input, fmt::format("{}: there is no such file", path), "--store"};
  auto history = DNSTORM_TRY(operators::PointHistory::open(path, ns_per_s));
  const std::string name = std::filesystem::path(path).stem().string();
  stored.stores.push_back({name, path});
  stored.events.push_back(path);
  if (stored.title.empty()) stored.title = name;
  if (stored.capacity) return {};
  for (const operators::HistorySeries& series : DNSTORM_TRY(history.series()))
    if (series.measurement == args.counts.measurement)
      stored.capacity = CapacitySource{.store = path, .names = args.counts};
  return {};
}

Result<Stored> find_stored(const BoardArgs& args) {
  Stored stored;
  if (!args.topology.empty()) DNSTORM_CHECK(take_topology(args, stored));
  for (const std::string& path : args.stores) DNSTORM_CHECK(take_store(args, path, stored));
  if (stored.stores.empty() && args.events.empty())
    return Error{ErrorKind::usage,
                 "board: name a topology whose stores are to be shown, or --store FILE", ""};
  if (stored.title.empty()) stored.title = "stored";
  return stored;
}

// The board of it. Nothing is written: not to the stores, and no mute.
class StoredBoard {
 public:
  explicit StoredBoard(Stored stored)
      : stored_(std::move(stored)),
        live_({.title = stored_.title, .epoch = fmt::format("{:x}", clock_.wall_ns())}) {}

  Result<void> start(const BoardArgs& args) {
    auto options = DNSTORM_TRY(parse_board_address(args.address, "--listen"));
    DNSTORM_CHECK(offer_events(args.events));
    offer_capacity();
    if (!stored_.stores.empty()) data_.begin_with("traffic");
    offer_history(std::move(stored_.stores), data_);
    options.data = [this](const ApiRequest& request) { return data_.answer(request); };
    board::Honesty honesty;
    honesty.state = "stored";
    server_ =
        DNSTORM_TRY(board::Server::start(std::move(options), live_, [honesty] { return honesty; }));
    fmt::print(stderr, "Nothing runs. Serving the board of what is stored at {} until Ctrl-C\n",
               server_->url());
    return {};
  }

  // What another process has written meanwhile.
  void follow() {
    for (StoredEvents& file : events_)
      if (auto read = file.read(); !read.ok() && read.error().kind != ErrorKind::no_input)
        complain(read.error());
  }

 private:
  Result<void> offer_events(const std::vector<std::string>& files) {
    for (const std::string& path : stored_.events) {
      events_.emplace_back(path, log_);
      std::error_code failed;
      if (std::filesystem::exists(path, failed)) DNSTORM_TRY(events_.back().read());
    }
    for (const std::string& path : files) {
      events_.emplace_back(path, log_);
      DNSTORM_TRY(events_.back().read());
    }
    for (const std::string& file : stored_.sources.mute_files)
      if (auto rules = read_mutes(file); rules.ok())
        for (MuteRule& rule : *rules) stored_.sources.mutes.push_back(std::move(rule));
    stored_.sources.mute_files.clear();
    const char* token = std::getenv("DNSTORM_TAP_TOKEN");
    desk_.emplace(log_, std::move(stored_.sources), clock_,
                  EventTokens{.control = {}, .tap = token != nullptr ? token : ""});
    const bool wanted = stored_.sources.shown || !files.empty();
    data_.add(
        "events", [this](const ApiRequest& request) { return desk_->answer(request); },
        [this, wanted] { return wanted || log_.newest_time() != 0; });
    if (stored_.stores.empty()) data_.begin_with("security");
    return {};
  }

  void offer_capacity() {
    if (!stored_.capacity) return;
    capacity_.emplace(std::move(*stored_.capacity), clock_);
    data_.add("capacity", [this](const ApiRequest& request) { return capacity_->answer(request); });
  }

  // Once, however long a file stays as it is.
  void complain(const Error& error) {
    if (error.what == complaint_) return;
    complaint_ = error.what;
    fmt::print(stderr, "board: {}\n", error.what);
  }

  const SystemClock clock_;
  Stored stored_;
  board::Live live_;
  EventLog log_;
  std::vector<StoredEvents> events_;
  std::string complaint_;
  std::optional<EventDesk> desk_;
  std::optional<BoardCapacity> capacity_;
  BoardData data_;
  std::unique_ptr<board::Server> server_;
};

int serve(const BoardArgs& args) {
  watch_stop_signals();
  auto stored = find_stored(args);
  if (!stored.ok()) return fail(stored.error());
  StoredBoard board(std::move(*stored));
  auto started = board.start(args);
  if (!started.ok()) return fail(started.error());
  while (!stop_requested()) {
    wait_for_stop(1000);
    board.follow();
  }
  return 0;
}

}  // namespace

void add_board_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<BoardArgs>();
  CLI::App* command =
      app.add_subcommand("board", "Serve the board of what is stored; nothing runs");
  add_load_options(*command, args->topology, args->load);
  command->get_option("topology")
      ->required(false)
      ->description("Topology file (YAML) whose stores are shown");
  command->add_option("--store", args->stores, "A file of the sink `store`")->type_name("FILE");
  command->add_option("--events", args->events, "Security events that `json_lines` has written")
      ->type_name("FILE");
  command->add_option("--listen", args->address, "Where it is served")
      ->type_name("[HOST:]PORT")
      ->capture_default_str();
  command
      ->add_option("--measurement", args->counts.measurement,
                   "Counts of a --store for the page Capacity")
      ->capture_default_str();
  command->footer(
      "Examples:\n  dnstorm board configs/topologies/traffic.yaml\n"
      "  dnstorm board --store dns.sqlite --events events.jsonl --listen 8353");
  command->callback([args, &chosen] { chosen = [args] { return serve(*args); }; });
}

}  // namespace dnstorm::cli
