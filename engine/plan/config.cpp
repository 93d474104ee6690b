#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

OptionSpec whole(std::string name, std::string default_text, std::string help, double min,
                 double max) {
  OptionSpec spec;
  spec.name = std::move(name);
  spec.type = OptionType::integer;
  spec.default_text = std::move(default_text);
  spec.help = std::move(help);
  spec.min = min;
  spec.max = max;
  return spec;
}

// What a component may have of its own, over what the topology says.
std::vector<OptionSpec> shared_specs() {
  auto amount = [](const char* name, const char* help) {
    OptionSpec spec{name, OptionType::number, "0", help};
    spec.max = 1e9;
    return spec;
  };
  OptionSpec debug{"topology.debug", OptionType::flag, "false", "Storm's; without effect"};
  return {debug,
          whole("topology.subprocess.timeout.secs", "30",
                "how long the process of a shell component may be silent", 1, 1e6),
          whole("topology.shellbolt.max.pending", "100",
                "tuples that the process of a shell bolt is given at once", 1, 1e6),
          whole("topology.max.spout.pending", "0",
                "at-least-once: roots under way of a spout task; 0: no limit", 0, 1e9),
          whole("topology.tick.tuple.freq.secs", "0",
                "seconds between two ticks of a bolt; 0: none", 0, 1e9),
          {"topology.disable.loadaware.messaging", OptionType::flag, "false",
           "whether a shuffle to the component is in turn; if it is not said: by load where no "
           "result depends on it"},
          {"topology.auto.task.hooks", OptionType::list, "",
           "hooks that every task has: names of `dnstorm operators`"},
          amount("topology.component.cpu.pcore.percent",
                 "what an executor needs of a node's cores: 100 is one; 0: it is not counted"),
          amount("topology.component.resources.onheap.memory.mb",
                 "what an executor needs of a node's memory; 0: it is not counted"),
          amount("topology.component.resources.offheap.memory.mb", "is added to that"),
          whole("topology.max.task.parallelism", "0", "tasks at most; 0: as many as are written", 0,
                topology::tasks_max)};
}

std::vector<OptionSpec> component_specs() {
  std::vector<OptionSpec> specs = shared_specs();
  specs.push_back(whole("topology.tasks", "0", "tasks, as numTasks", 0, topology::tasks_max));
  return specs;
}

std::vector<OptionSpec> delivery_specs() {
  OptionSpec delivery{"topology.delivery", OptionType::choice, "none",
                      "what is promised when something fails"};
  delivery.choices = {"none", "at-least-once", "exactly-once"};
  OptionSpec acking{"topology.acking", OptionType::choice, "batch",
                    "at-least-once: what is tracked and emitted again as one"};
  acking.choices = {"batch", "tuple"};
  return {delivery,
          acking,
          whole("topology.message.timeout.secs", "30",
                "at-least-once: what is not done after this time, or twice it, has failed", 1, 1e6),
          {"topology.enable.message.timeouts", OptionType::flag, "true",
           "at-least-once: whether what takes too long fails"},
          whole("topology.state.checkpoint.interval.ms", "1000",
                "exactly-once: time between two checkpoints", 10, 1e9),
          {"topology.checkpoint.dir", OptionType::text, "",
           "exactly-once: folder for the checkpoints; none: NAME.checkpoints"}};
}

constexpr std::string_view influx_prefix = "topology.metrics.influx.";

std::vector<OptionSpec> metrics_specs() {
  std::vector<OptionSpec> specs = {whole("topology.builtin.metrics.bucket.size.secs", "10",
                                         "time between two writes of the metrics to InfluxDB", 1,
                                         86'400)};
  auto influx = [&specs](const char* name, const char* help) {
    specs.push_back({std::string(influx_prefix) + name, OptionType::text, "", help});
  };
  influx("url", "where the InfluxDB listens that gets the metrics");
  influx("database", "of InfluxDB 1; it must exist");
  influx("retention_policy", "of InfluxDB 1; none: the default one");
  influx("org", "organisation of InfluxDB 2");
  influx("bucket", "of InfluxDB 2; it must exist");
  influx("token", "of InfluxDB 2; env:NAME takes it from the environment");
  influx("user", "of InfluxDB 1; env:NAME too");
  influx("password", "of that user; env:NAME too");
  return specs;
}

std::vector<OptionSpec> capacity_specs() {
  OptionSpec share{"topology.capacity.share", OptionType::number, "80",
                   "for the board: of a limit that is not to be passed, in %"};
  share.min = 1;
  share.max = 100;
  return {{"topology.capacity.limits", OptionType::list, "",
           "for the board: queries a second that a server can answer (ns1=20000), or each (50000)"},
          share};
}

std::vector<OptionSpec> config_specs() {
  OptionSpec scheduler{"topology.scheduler", OptionType::choice, "sharing",
                       "how threads share the executors"};
  scheduler.choices = {"sharing", "stealing"};
  // Storm's settings without a meaning in one process are taken, so that a file works in both
  // worlds.
  std::vector<OptionSpec> specs = {
      whole("topology.threads", "0", "threads that run the executors; 0: one a core", 0, 1024),
      whole("topology.edge.credits", "16",
            "rounds under way between two tasks; 4 if each tuple is tracked", 4, 1024),
      whole("topology.edge.bytes", "16Mi", "bytes under way between two tasks, about", 65536, 1e12),
      whole("topology.round.rows", "256",
            "rows at which a source's round ends; a batch it emits at once is never divided", 1,
            1e6),
      whole("topology.round.ms", "0",
            "gather what a source gives in so long a time in one round, up to topology.round.rows: "
            "fewer rounds on links; 0: as it comes",
            0, 10'000),
      whole("topology.idle.timeout.ms", "0",
            "a source that is silent for so long no longer holds up the windows of others; 0: it "
            "always does",
            0, 1e9),
      scheduler,
      {"topology.chaining", OptionType::flag, "true",
       "run a bolt in its source's executors where rows stay in place"},
      whole("topology.workers", "0", "in a cluster: on so many nodes at most; 0: on all", 0, 1e9),
      whole("topology.acker.executors", "0", "Storm's; without effect", 0, 1e9)};
  for (OptionSpec& spec : delivery_specs()) specs.push_back(std::move(spec));
  for (OptionSpec& spec : metrics_specs()) specs.push_back(std::move(spec));
  for (OptionSpec& spec : capacity_specs()) specs.push_back(std::move(spec));
  for (OptionSpec& spec : shared_specs()) specs.push_back(std::move(spec));
  return specs;
}

// One by one: every wrong key is to be reported, and parse() stops at the first.
RawOptions valid_ones(Draft& draft, const std::vector<OptionSpec>& specs, const RawOptions& raw,
                      const std::string& whose) {
  RawOptions valid;
  for (const auto& [name, option] : raw) {
    auto alone = Options::parse(specs, {{name, option}});
    if (alone.ok())
      valid.emplace(name, option);
    else
      draft.add(place_of(option), fmt::format("{}config: {}", whose, alone.error().what));
  }
  return valid;
}

void read_delivery(const Options& options, EngineConfig& config) {
  const std::string& delivery = options.text("topology.delivery");
  if (delivery == "at-least-once") config.delivery = Delivery::at_least_once;
  if (delivery == "exactly-once") config.delivery = Delivery::exactly_once;
  config.track_rows = options.text("topology.acking") == "tuple";
  if (options.flag("topology.enable.message.timeouts"))
    config.message_timeout = options.integer("topology.message.timeout.secs") * ns_per_s;
  config.checkpoint_interval = options.integer("topology.state.checkpoint.interval.ms") * ns_per_ms;
  config.checkpoint_dir = options.text("topology.checkpoint.dir");
}

void read_metrics(const Options& options, MetricsConfig& metrics) {
  metrics.period = options.integer("topology.builtin.metrics.bucket.size.secs") * ns_per_s;
  for (const OptionSpec& spec : metrics_specs()) {
    if (!spec.name.starts_with(influx_prefix) || options.text(spec.name).empty()) continue;
    metrics.influx[spec.name.substr(influx_prefix.size())] = options.text(spec.name);
  }
}

}  // namespace

// A row that is tracked alone is an event of its own, some hundred bytes on each edge: as many
// rounds as of batches would be a hundred megabytes, and no faster.
constexpr std::uint32_t credits_of_tracked_rows = 4;

EngineConfig read_config(Draft& draft) {
  const std::vector<OptionSpec> specs = config_specs();
  RawOptions valid = valid_ones(draft, specs, draft.topology.config, "");
  auto options = Options::parse(specs, valid);
  DNSTORM_ASSERT(options.ok(), "settings that are valid one by one are valid together");
  EngineConfig config;
  config.threads = static_cast<std::uint32_t>(options->integer("topology.threads"));
  config.credits = static_cast<std::uint32_t>(options->integer("topology.edge.credits"));
  config.edge_bytes = static_cast<std::uint64_t>(options->integer("topology.edge.bytes"));
  config.idle_timeout = options->integer("topology.idle.timeout.ms") * ns_per_ms;
  config.round_time = options->integer("topology.round.ms") * ns_per_ms;
  config.round_rows = static_cast<std::uint32_t>(options->integer("topology.round.rows"));
  config.scheduler = options->text("topology.scheduler");
  config.chaining = options->flag("topology.chaining");
  config.workers = static_cast<std::uint32_t>(options->integer("topology.workers"));
  read_delivery(*options, config);
  bool each_row = config.delivery == Delivery::at_least_once && config.track_rows;
  if (each_row && !valid.contains("topology.edge.credits"))
    config.credits = credits_of_tracked_rows;
  read_metrics(*options, config.metrics);
  config.capacity = {options->list("topology.capacity.limits"),
                     options->number("topology.capacity.share")};
  if (config.checkpoint_dir.empty()) config.checkpoint_dir = draft.topology.name + ".checkpoints";
  return config;
}

void read_component_configs(Draft& draft) {
  const std::vector<OptionSpec> specs = component_specs();
  RawOptions common;
  for (const OptionSpec& spec : shared_specs()) {
    auto found = draft.topology.config.find(spec.name);
    // What is wrong with the topology's has been said.
    if (found != draft.topology.config.end() && Options::parse(specs, {*found}).ok())
      common.insert(*found);
  }
  for (DraftComponent& component : draft.components) {
    RawOptions raw =
        valid_ones(draft, specs, component.source->config, fmt::format("'{}': ", component.id()));
    raw.insert(common.begin(), common.end());  // what is there stays
    auto options = Options::parse(specs, raw);
    DNSTORM_ASSERT(options.ok(), "settings that are valid one by one are valid together");
    component.config = std::move(*options);
    component.hooks = find_task_hooks(draft, component);
  }
}

}  // namespace dnstorm::plan::detail
