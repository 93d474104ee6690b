#include "cli/capacity_source.hpp"

#include <algorithm>

#include "operators/sinks/point.hpp"

namespace dnstorm::cli {

namespace {

constexpr int worst_rank = 3;

// How much a bolt's counts look like all queries of a minute; 0 is best, worst_rank is no.
int rank_of(const plan::ComponentPlan& component) {
  if (component.op->name != "count" || !component.options.text("weight").empty()) return worst_rank;
  if (component.id == "minutes") return 0;
  const auto& by = component.options.list("by");
  return by.empty() || by == std::vector<std::string>{"server"} ? 1 : 2;
}

bool is_losses(const plan::ComponentPlan& component) {
  return component.op->name == "count" && component.id == "losses";
}

bool is_response_times(const plan::ComponentPlan& component) {
  return component.op->name == "quantiles" && component.options.text("of").starts_with("latency");
}

void name_response_times(const Schema& schema, const std::string& measurement,
                         CapacitySource& source) {
  // "p50", "p99", in the order of the option.
  std::vector<std::string> quantiles;
  for (const Field& field : schema.fields())
    if (field.name.size() > 1 && field.name[0] == 'p' &&
        field.name.find_first_not_of("0123456789", 1) == std::string::npos)
      quantiles.push_back(field.name);
  if (quantiles.empty()) return;
  auto named = [&](const char* name) { return std::ranges::find(quantiles, name); };
  if (named("p50") != quantiles.end()) source.names.latency = measurement + ".p50";
  bool has_p99 = named("p99") != quantiles.end();
  source.response_time = measurement + "." + (has_p99 ? "p99" : quantiles.back());
}

bool is_of_minutes(const plan::ComponentPlan& component) {
  const bool windowed = std::ranges::any_of(
      component.op->options, [](const OptionSpec& spec) { return spec.name == "window"; });
  return windowed && component.options.duration("window") >= operators::ns_per_minute;
}

// Its inputs are windows of a minute or longer.
bool shows_minutes(const plan::Plan& plan, const plan::ComponentPlan& sink) {
  return std::ranges::all_of(sink.inputs, [&](const plan::InputPlan& input) {
    return is_of_minutes(plan.components[plan::source_of(plan, input).first]);
  });
}

// What is known so far; no measurement in it: no counts.
struct Found {
  CapacitySource source;
  int best = worst_rank;
};

Found nothing_in(const std::string& file) {
  Found found{.source = {.store = file}};
  found.source.names.measurement.clear();
  return found;
}

enum class Windows { all, of_minutes };

// Adds what a sink gets. `naming`: its option that says how its measurements are called.
void look_at(const plan::Plan& plan, const plan::ComponentPlan& sink, const char* naming,
             Found& found, Windows windows = Windows::all) {
  CapacitySource& source = found.source;
  for (const plan::InputPlan& input : sink.inputs) {
    auto [index, stream] = plan::source_of(plan, input);
    const plan::ComponentPlan& component = plan.components[index];
    if (windows == Windows::of_minutes && !is_of_minutes(component)) continue;
    const plan::OutputPlan& output = component.outputs[stream];
    std::string measurement = sink.options.text(naming);
    if (measurement.empty())
      measurement = operators::default_measurement(component.id, output.name);
    if (is_losses(component)) {
      source.names.drops = measurement + ".count";
    } else if (is_response_times(component) && output.schema) {
      name_response_times(*output.schema, measurement, source);
    } else if (rank_of(component) < found.best) {
      found.best = rank_of(component);
      source.names.measurement = measurement;
    }
  }
}

std::optional<CapacitySource> with_limits(const plan::Plan& plan, CapacitySource source) {
  if (source.names.measurement.empty()) return {};
  source.limits = plan.config.capacity.limits;
  source.share = plan.config.capacity.share;
  return source;
}

// Of the store with the best counts. A file "": that one is not asked.
std::optional<CapacitySource> source_of_stores(
    const plan::Plan& plan,
    const std::function<std::string(const plan::ComponentPlan& store)>& file_of, Windows windows) {
  Found best = nothing_in("");
  for (const plan::ComponentPlan& component : plan.components) {
    if (component.op->name != "store") continue;
    if (operators::PointOptions::of(component.options).naming != operators::PointNaming::plain)
      continue;
    Found found = nothing_in(file_of(component));
    if (found.source.store.empty()) continue;
    look_at(plan, component, "measurement", found, windows);
    if (found.best < best.best) best = std::move(found);
  }
  return with_limits(plan, std::move(best.source));
}

}  // namespace

std::optional<CapacitySource> capacity_source(const plan::Plan& plan) {
  return source_of_stores(
      plan, [](const plan::ComponentPlan& store) { return store.options.text("file"); },
      Windows::all);
}

std::optional<CapacitySource> capacity_source_of_copies(
    const plan::Plan& plan,
    const std::function<std::string(const plan::ComponentPlan& store)>& file_of) {
  return source_of_stores(plan, file_of, Windows::of_minutes);
}

std::optional<CapacitySource> capacity_source_of_series(const plan::Plan& plan,
                                                        const std::string& file) {
  Found found = nothing_in(file);
  for (const plan::ComponentPlan& component : plan.components)
    if (component.op->name == "board" && component.options.text("view") == "series" &&
        shows_minutes(plan, component))
      look_at(plan, component, "panel", found);
  return with_limits(plan, std::move(found.source));
}

}  // namespace dnstorm::cli
