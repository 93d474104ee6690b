#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

std::vector<OptionSpec> config_specs() {
  auto whole = [](std::string name, std::string default_text, std::string help, double min,
                  double max) {
    OptionSpec spec;
    spec.name = std::move(name);
    spec.type = OptionType::integer;
    spec.default_text = std::move(default_text);
    spec.help = std::move(help);
    spec.min = min;
    spec.max = max;
    return spec;
  };
  OptionSpec scheduler{"topology.scheduler", OptionType::choice, "sharing",
                       "how threads share the executors"};
  scheduler.choices = {"sharing", "stealing"};
  OptionSpec debug{"topology.debug", OptionType::flag, "false", "Storm's; without effect"};
  // Storm's settings without a meaning in one process are taken, so that a file works in both
  // worlds.
  return {whole("topology.threads", "0", "threads that run the executors; 0: one a core", 0, 1024),
          whole("topology.edge.credits", "16", "rounds under way between two tasks", 4, 1024),
          scheduler,
          {"topology.chaining", OptionType::flag, "true",
           "run a bolt in its source's executors where rows stay in place"},
          debug,
          whole("topology.workers", "1", "Storm's; without effect", 0, 1e9),
          whole("topology.message.timeout.secs", "30", "Storm's; without effect", 0, 1e9),
          whole("topology.max.spout.pending", "0", "Storm's; without effect", 0, 1e9),
          whole("topology.acker.executors", "0", "Storm's; without effect", 0, 1e9)};
}

}  // namespace

EngineConfig read_config(Draft& draft) {
  const std::vector<OptionSpec> specs = config_specs();
  RawOptions valid;
  // One by one: every wrong key is to be reported, and parse() stops at the first.
  for (const auto& [name, option] : draft.topology.config) {
    auto alone = Options::parse(specs, {{name, option}});
    if (alone.ok())
      valid.emplace(name, option);
    else
      draft.add({option.line, option.column}, "config: " + alone.error().what);
  }
  auto options = Options::parse(specs, valid);
  DNSTORM_ASSERT(options.ok(), "settings that are valid one by one are valid together");
  return {static_cast<std::uint32_t>(options->integer("topology.threads")),
          static_cast<std::uint32_t>(options->integer("topology.edge.credits")),
          options->text("topology.scheduler"), options->flag("topology.chaining")};
}

}  // namespace dnstorm::plan::detail
