#include "cli/accounting.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/terminal_line.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::cli {

namespace {

bool is_reason(const std::string& counter) {
  return counter.starts_with("malformed.") || counter.starts_with("not_dns.") ||
         counter.starts_with("filtered.");
}

bool gives_packets(const plan::ComponentPlan& component) {
  return component.op->name == "pcap" || component.op->name == "dnstap";
}

// The counters of the tasks that handle packets: `pcap`, `dnstap`, `decode`. Other operators have
// counters of the same names that count rows.
std::map<std::string, std::uint64_t> packet_counters(const plan::Plan& plan,
                                                     const runtime::RunStatus& status) {
  std::map<std::string, std::uint64_t> sums;
  for (const plan::ComponentPlan& component : plan.components) {
    if (!gives_packets(component) && component.op->name != "decode") continue;
    for (const runtime::TaskStatus& task : status.tasks)
      if (task.component == component.id)
        for (const NamedValue& counter : task.counters) sums[counter.name] += counter.value;
  }
  return sums;
}

// Microseconds, as people read latencies.
nlohmann::ordered_json quantiles_json(const HistogramSnapshot& seen) {
  auto at = [&](double q) { return seen.quantile(q) / 1000; };
  return {{"p50", at(0.5)}, {"p90", at(0.9)}, {"p99", at(0.99)}, {"p999", at(0.999)}};
}

}  // namespace

board::Honesty account(const plan::Plan& plan, const runtime::RunStatus& status) {
  std::map<std::string, std::uint64_t> counters = packet_counters(plan, status);
  board::Honesty honesty;
  honesty.captured = counters["captured"];
  honesty.parsed = counters["parsed"];
  honesty.malformed = counters["malformed"];
  honesty.not_dns = counters["not_dns"];
  honesty.filtered = counters["filtered"] + counters["filtered.bpf"] + counters["filtered.time"];
  honesty.dropped_kernel = counters["dropped_kernel"];
  honesty.dropped_interface = counters["dropped_interface"];
  honesty.dropped_queue = counters["dropped_frames"];
  honesty.spool_unwritten = counters["spool_unwritten"];
  honesty.late = status.total("late_rows");
  honesty.folded = status.total("points_folded");
  if (!status.finished) {
    // Counters are read one after the other: a packet may be seen as decoded, but not yet as
    // captured.
    std::uint64_t settled = honesty.parsed + honesty.malformed + honesty.not_dns + honesty.filtered;
    honesty.captured = std::max(honesty.captured, settled);
    honesty.in_flight = honesty.captured - settled;
  }
  std::map<std::string, std::uint64_t> reasons;
  for (const auto& [name, value] : counters)
    if (value != 0 && is_reason(name)) reasons[name] = value;
  honesty.reasons.assign(reasons.begin(), reasons.end());
  for (const plan::ComponentPlan& component : plan.components) {
    board::ComponentCounts counts;
    counts.id = component.id;
    counts.kind = component.is_spout() ? "spout" : "bolt";
    counts.tasks = component.tasks;
    for (const runtime::TaskStatus& task : status.tasks) {
      if (task.component != component.id) continue;
      counts.executed += task.executed;
      counts.emitted += task.emitted;
    }
    honesty.components.push_back(std::move(counts));
  }
  return honesty;
}

void check_conservation(const plan::Plan& plan, const board::Honesty& honesty) {
  std::size_t readers = 0;
  for (const plan::ComponentPlan& component : plan.components) {
    for (const plan::InputPlan& input : component.inputs) {
      if (!gives_packets(plan.components[input.component]) || input.stream != 0) continue;
      // All gives each packet to several tasks, and a custom grouping to as many as it likes.
      bool once = component.op->name == "decode" && input.grouping != plan::GroupingType::all &&
                  input.grouping != plan::GroupingType::custom;
      readers += once ? 1u : 2u;
    }
  }
  if (readers != 1) return;
  DNSTORM_ASSERT(
      honesty.captured == honesty.parsed + honesty.malformed + honesty.not_dns + honesty.filtered,
      "captured = parsed + malformed + not DNS + filtered", honesty.captured, honesty.parsed,
      honesty.malformed, honesty.not_dns, honesty.filtered);
}

std::string summary_line(const board::Honesty& h) {
  std::string text = fmt::format("{} packets = {} parsed + {} malformed + {} not DNS + {} filtered",
                                 thousands(h.captured), thousands(h.parsed), thousands(h.malformed),
                                 thousands(h.not_dns), thousands(h.filtered));
  if (h.dropped_kernel + h.dropped_interface != 0)
    text += fmt::format("; dropped before us: {} by the kernel, {} by the interface",
                        thousands(h.dropped_kernel), thousands(h.dropped_interface));
  if (h.dropped_queue != 0)
    text +=
        fmt::format("; dropped before us: {} frames for want of room", thousands(h.dropped_queue));
  if (h.spool_unwritten != 0)
    text += fmt::format("; {} not written to the spool", thousands(h.spool_unwritten));
  if (h.late != 0) text += fmt::format("; {} rows too late for their window", thousands(h.late));
  if (h.folded != 0)
    text +=
        fmt::format("; {} points beyond series_max are in series named OTHER", thousands(h.folded));
  return text;
}

std::string summary_json(const board::Honesty& honesty, const runtime::RunStatus& status,
                         const std::vector<runtime::TaskLatency>& latencies) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(board::honesty_json(honesty));
  for (const runtime::TaskStatus& task : status.tasks) {
    nlohmann::ordered_json entry = {{"component", task.component},   {"task", task.index},
                                    {"executed", task.executed},     {"emitted", task.emitted},
                                    {"rounds", task.rounds},         {"busy_ns", task.busy_ns},
                                    {"blocked_ns", task.blocked_ns}, {"idle_ns", task.idle_ns}};
    if (task.acked + task.failed != 0)
      entry["roots"] = {{"acked", task.acked},
                        {"failed", task.failed},
                        {"timed_out", task.timed_out},
                        {"replayed", task.replayed}};
    for (const NamedValue& counter : task.counters)
      if (counter.value != 0) entry["counters"][counter.name] = counter.value;
    for (const runtime::TaskLatency& seen : latencies)
      if (seen.component == task.component && seen.index == task.index && seen.latency.count() != 0)
        entry["latency_us"] = quantiles_json(seen.latency);
    json["tasks"].push_back(std::move(entry));
  }
  if (const runtime::CheckpointStatus& done = status.checkpoints; done.completed != 0)
    json["checkpoints"] = {{"resumed_from", done.resumed_from},
                           {"completed", done.completed},
                           {"bytes", done.bytes},
                           {"duration_ns", done.duration_ns}};
  return json.dump(2);
}

}  // namespace dnstorm::cli
