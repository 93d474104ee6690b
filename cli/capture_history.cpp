// The minutes of captures: a run of configs/topologies/minutes.yaml, which is embedded.
#include "cli/accounting.hpp"
#include "cli/collect.hpp"
#include "cli/load.hpp"
#include "cli/minute_history.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "engine/runtime/local_run.hpp"

extern const char* const minutes_topology_yaml;

namespace dnstorm::cli {

namespace {

using operators::MinuteRow;
using operators::MinuteRows;

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

LoadOptions load_options(const std::vector<std::string>& files, const std::string& ports) {
  LoadOptions load;
  std::string list;
  for (const std::string& file : files) list += (list.empty() ? "" : ", ") + in_quotes(file);
  load.set.push_back("packets.file=[" + list + "]");
  if (!ports.empty()) load.set.push_back("dns.ports=[" + ports + "]");
  return load;
}

template <class Read>
void take(const Tables& tables, const std::string& component, MinuteRows& rows, Read&& read) {
  auto found = tables.by_component.find(component);
  if (found == tables.by_component.end()) return;
  const Table& table = found->second;
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    rows.add(table.at(i, "server").text, static_cast<TimeNs>(table.at(i, "window").number),
             read(table, i));
}

}  // namespace

Result<void> read_captures(const std::vector<std::string>& files, const std::string& ports,
                           MinuteRows& rows) {
  watch_stop_signals();
  auto tables = std::make_shared<Tables>();
  OperatorRegistry registry = builtin_registry();
  registry.add(collect_operator(tables));
  auto plan = DNSTORM_TRY(
      load_plan_text(minutes_topology_yaml, "minutes", load_options(files, ports), registry));
  auto run = DNSTORM_TRY(runtime::LocalRun::start(plan, {}));
  SystemClock clock;
  Progress progress(true);
  bool stopping = false;
  while (!run->wait_for(std::chrono::milliseconds(200))) {
    runtime::RunStatus status = run->status();
    progress.show(account(plan, status), status, clock.steady_ns());
    if (stop_requested() && !std::exchange(stopping, true)) run->request_stop();
  }
  auto result = run->wait();
  progress.clear();
  if (!result.ok()) return std::move(result.error());
  take(*tables, "minutes", rows, [](const Table& table, std::size_t i) {
    return MinuteRow{.count = static_cast<double>(table.at(i, "count").number)};
  });
  take(*tables, "response_times", rows, [](const Table& table, std::size_t i) {
    return MinuteRow{.latency_us = table.at(i, "p50").real};
  });
  take(*tables, "losses", rows, [](const Table& table, std::size_t i) {
    return MinuteRow{.drops = static_cast<double>(table.at(i, "count").number)};
  });
  return {};
}

}  // namespace dnstorm::cli
