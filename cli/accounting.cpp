#include "cli/accounting.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/base/assert.hpp"

namespace dnstorm::cli {

namespace {

bool is_reason(const std::string& counter) {
  return counter.starts_with("malformed.") || counter.starts_with("not_dns.") ||
         counter.starts_with("filtered.");
}

std::string thousands(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

board::Honesty account(const plan::Plan& plan, const runtime::RunStatus& status) {
  board::Honesty honesty;
  honesty.captured = status.total("captured");
  honesty.parsed = status.total("parsed");
  honesty.malformed = status.total("malformed");
  honesty.not_dns = status.total("not_dns");
  honesty.filtered = status.total("filtered") + status.total("filtered.bpf");
  honesty.dropped_kernel = status.total("dropped_kernel");
  honesty.dropped_interface = status.total("dropped_interface");
  honesty.late = status.total("late_rows");
  std::uint64_t settled = honesty.parsed + honesty.malformed + honesty.not_dns + honesty.filtered;
  // The sources are read before the bolts: a packet may be seen as decoded, but not yet as captured.
  honesty.captured = std::max(honesty.captured, settled);
  honesty.in_flight = status.finished ? 0 : honesty.captured - settled;
  std::map<std::string, std::uint64_t> reasons;
  for (const runtime::TaskStatus& task : status.tasks)
    for (const NamedValue& counter : task.counters)
      if (counter.value != 0 && is_reason(counter.name)) reasons[counter.name] += counter.value;
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
      if (plan.components[input.component].op->name != "pcap") continue;
      readers += component.op->name == "decode" && input.grouping != plan::GroupingType::all ? 1 : 2;
    }
  }
  if (readers != 1) return;
  DNSTORM_ASSERT(honesty.captured == honesty.parsed + honesty.malformed + honesty.not_dns + honesty.filtered,
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
  if (h.late != 0) text += fmt::format("; {} rows too late for their window", thousands(h.late));
  return text;
}

std::string summary_json(const board::Honesty& honesty, const runtime::RunStatus& status) {
  nlohmann::ordered_json json = nlohmann::ordered_json::parse(board::honesty_json(honesty));
  for (const runtime::TaskStatus& task : status.tasks) {
    nlohmann::ordered_json entry = {{"component", task.component}, {"task", task.index},
                                    {"executed", task.executed},   {"emitted", task.emitted},
                                    {"rounds", task.rounds},       {"busy_ns", task.busy_ns}};
    for (const NamedValue& counter : task.counters)
      if (counter.value != 0) entry["counters"][counter.name] = counter.value;
    json["tasks"].push_back(std::move(entry));
  }
  return json.dump(2);
}

}  // namespace dnstorm::cli
