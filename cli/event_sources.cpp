#include "cli/event_sources.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace dnstorm::cli {

namespace {

DetectorSettings settings_of(const plan::ComponentPlan& component) {
  DetectorSettings all{component.id, component.op->name, {}};
  for (const OptionSpec& spec : component.op->options)
    all.settings.push_back({spec.name,
                            fmt::format("{}", fmt::join(component.options.texts(spec.name), ", ")),
                            spec.help});
  return all;
}

void take_events(const plan::ComponentPlan& component, EventSources& sources) {
  sources.muting = true;
  const std::string& file = component.options.text("mute_file");
  if (!file.empty() && std::ranges::find(sources.mute_files, file) == sources.mute_files.end())
    sources.mute_files.push_back(file);
  sources.reload = std::max(sources.reload, component.options.duration("reload"));
  for (MuteRule& rule : mute_rules(component.options.list("mute")))
    sources.mutes.push_back(std::move(rule));
}

void take_pcap(const plan::ComponentPlan& component, EventSources& sources) {
  const Options& options = component.options;
  if (!options.text("spool").empty()) sources.spools.push_back(options.text("spool"));
  for (const std::string& file : options.list("file")) sources.captures.push_back(file);
}

}  // namespace

EventSources event_sources(const plan::Plan& plan) {
  EventSources sources;
  bool others = false, live = false;
  for (const plan::ComponentPlan& component : plan.components) {
    const std::string& name = component.op->name;
    if (name == "board") {
      bool events = component.options.text("view") == "events";
      sources.shown = sources.shown || events;
      others = others || !events;
    } else if (name == "events") {
      take_events(component, sources);
    } else if (!component.is_spout()) {
      sources.components.push_back(settings_of(component));
    }
    if (name == "pcap") take_pcap(component, sources);
    live = live ||
           (component.is_spout() && (name != "pcap" || component.options.list("file").empty()));
  }
  sources.only_events = sources.shown && !others;
  sources.replay = !live;
  return sources;
}

}  // namespace dnstorm::cli
