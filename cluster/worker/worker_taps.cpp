#include "cluster/worker/worker_taps.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dnstorm::cluster {

void WorkerTaps::take(const TapOrder& order, const plan::Plan& plan, TimeNs now) {
  if (!open_) return;
  auto [entry, is_new] = taps_.try_emplace(order.id);
  if (is_new) open(order, plan, entry->second);
  entry->second.until = now + tap_lease;
}

void WorkerTaps::open(const TapOrder& order, const plan::Plan& plan, Open& entry) {
  entry.edge = order.edge;
  auto count = std::count_if(taps_.begin(), taps_.end(),
                             [](const auto& other) { return other.second.tap != nullptr; });
  if (static_cast<std::size_t>(count) >= open_max)
    return events_.log("warning",
                       fmt::format("a tap on {} is not opened: there are {} already, which is the "
                                   "limit",
                                   order.edge, open_max));
  auto opened = open_(plan, order);
  if (!opened.ok()) return events_.log("warning", opened.error().what);
  entry.tap = std::move(*opened);
  // Who looked at names and addresses shows in the log.
  events_.log("info", fmt::format("a tap on {} is opened{}", order.edge,
                                  order.where.empty() ? "" : ": " + order.where));
}

void WorkerTaps::look(TimeNs now) {
  for (auto at = taps_.begin(); at != taps_.end();) {
    auto& [id, entry] = *at;
    if (now >= entry.until) {
      close(id, entry);
      at = taps_.erase(at);
      continue;
    }
    say(id, entry);
    ++at;
  }
}

void WorkerTaps::end() {
  for (auto& [id, entry] : taps_) close(id, entry);
  taps_.clear();
}

void WorkerTaps::say(const std::string& id, Open& entry) {
  if (!entry.tap) return;
  if (std::string lines = entry.tap->take(); !lines.empty()) events_.say(id, std::move(lines));
}

void WorkerTaps::close(const std::string& id, Open& entry) {
  if (!entry.tap) return;
  entry.tap->end();
  say(id, entry);
  events_.log("info", fmt::format("the tap on {} is closed", entry.edge));
}

}  // namespace dnstorm::cluster
