#include "cluster/placement/detail/reason.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace dnstorm::cluster::detail {

namespace {

constexpr std::size_t listed_max = 8;  // of nodes and labels in a sentence

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), listed_max); ++i)
    text += (i ? ", " : "") + names[i];
  if (names.size() > listed_max) text += fmt::format(" and {} more", names.size() - listed_max);
  return text;
}

std::vector<std::string> names_of(const Ledger& ledger, const std::vector<std::uint32_t>& nodes) {
  std::vector<std::string> names;
  for (std::uint32_t node : nodes) names.push_back(ledger.offer(node).name);
  return names;
}

template <class Accept>
std::vector<std::uint32_t> nodes_where(const Ledger& ledger, Accept accept) {
  std::vector<std::uint32_t> nodes;
  for (std::uint32_t node = 0; node < ledger.nodes(); ++node)
    if (accept(ledger.offer(node))) nodes.push_back(node);
  return nodes;
}

std::string labels_known(const Ledger& ledger) {
  std::set<std::string> labels;
  for (std::uint32_t node = 0; node < ledger.nodes(); ++node)
    labels.insert(ledger.offer(node).labels.begin(), ledger.offer(node).labels.end());
  if (labels.empty()) return "no node has any label";
  return "labels known: " + list({labels.begin(), labels.end()});
}

std::string memory_text(std::uint64_t bytes) {
  return fmt::format("{:.0f} MB", static_cast<double>(bytes) / (1 << 20));
}

std::string cores_text(std::int64_t millicores) {
  return fmt::format("{:.1f}", static_cast<double>(millicores) / 1000);
}

// The rule alone leaves no node.
std::string why_none_allowed(const Ledger& ledger, const ExecutorShape& wants) {
  const std::string& id = wants.components.front();
  const PlaceRule& rule = wants.rule;
  auto labelled = nodes_where(ledger, [&rule](const Offer& offer) {
    return rule.label.empty() ||
           std::find(offer.labels.begin(), offer.labels.end(), rule.label) != offer.labels.end();
  });
  if (ledger.nodes() == 0) return fmt::format("'{}' waits for a node: there is none", id);
  if (!rule.node.empty()) {
    auto node = ledger.find(rule.node);
    if (!node)
      return fmt::format(
          "'{}' is bound to the node '{}': it is not there; nodes: {}", id, rule.node,
          list(names_of(ledger, nodes_where(ledger, [](const Offer&) { return true; }))));
    if (ledger.offer(*node).drained)
      return fmt::format("'{}' is bound to the node '{}': it is drained", id, rule.node);
    return fmt::format("'{}' is bound to the node '{}', which has not the label '{}'", id,
                       rule.node, rule.label);
  }
  if (labelled.empty())
    return fmt::format("'{}' wants a node with the label '{}': there is none; {}", id, rule.label,
                       labels_known(ledger));
  std::string such = rule.label.empty() ? "" : fmt::format(" with the label '{}'", rule.label);
  if (rule.per_node)
    return fmt::format(
        "'{}' runs on each node{}: that of task {} is not there or drained; there: {}", id, such,
        wants.index, list(names_of(ledger, labelled)));
  return fmt::format("'{}' wants a node{}: all are drained ({})", id, such,
                     list(names_of(ledger, labelled)));
}

std::string on_node(const Ledger& ledger, std::uint32_t executor, std::uint32_t node) {
  const ExecutorShape& wants = ledger.shape().executors[executor];
  const std::string& name = ledger.offer(node).name;
  switch (ledger.obstacle(executor, node)) {
    case Obstacle::apart:
      return fmt::format("on {} is '{}'", name, list(ledger.apart_there(executor, node)));
    case Obstacle::cores:
      return fmt::format("on {} are {} of {} cores free", name,
                         cores_text(ledger.free_millicores(node)),
                         cores_text(ledger.millicores(executor)));
    case Obstacle::memory:
      return fmt::format("on {} are {} of {} free", name, memory_text(ledger.free_memory(node)),
                         memory_text(wants.memory));
    default:
      return fmt::format("topology.workers keeps it off {}", name);
  }
}

// Different nodes have different obstacles.
std::string mixed(const Ledger& ledger, std::uint32_t executor) {
  std::vector<std::string> parts;
  for (std::uint32_t node : ledger.allowed(executor))
    parts.push_back(on_node(ledger, executor, node));
  return fmt::format("'{}' fits on no node: {}",
                     ledger.shape().executors[executor].components.front(), list(parts));
}

}  // namespace

std::string reason(const Ledger& ledger, std::uint32_t executor) {
  const ExecutorShape& wants = ledger.shape().executors[executor];
  const std::string& id = wants.components.front();
  const std::vector<std::uint32_t>& allowed = ledger.allowed(executor);
  if (allowed.empty()) return why_none_allowed(ledger, wants);

  Obstacle first = ledger.obstacle(executor, allowed.front());
  bool same = std::all_of(allowed.begin(), allowed.end(), [&](std::uint32_t node) {
    return ledger.obstacle(executor, node) == first;
  });
  if (!same) return mixed(ledger, executor);
  auto most = [&allowed](auto free) {
    return *std::max_element(allowed.begin(), allowed.end(),
                             [&free](std::uint32_t a, auto b) { return free(a) < free(b); });
  };
  if (first == Obstacle::cores) {
    auto node = most([&](std::uint32_t n) { return ledger.free_millicores(n); });
    return fmt::format("'{}' needs {} cores, the most that is free is {} on {}", id,
                       cores_text(ledger.millicores(executor)),
                       cores_text(ledger.free_millicores(node)), ledger.offer(node).name);
  }
  if (first == Obstacle::memory) {
    auto node = most([&](std::uint32_t n) { return ledger.free_memory(n); });
    return fmt::format("'{}' needs {}, the most that is free is {} on {}", id,
                       memory_text(wants.memory), memory_text(ledger.free_memory(node)),
                       ledger.offer(node).name);
  }
  if (first == Obstacle::workers)
    return fmt::format(
        "topology.workers allows {} node{}, which are {}: '{}' may run on none of "
        "them",
        ledger.shape().workers, ledger.shape().workers == 1 ? "" : "s",
        list(names_of(ledger, ledger.used_nodes())), id);
  return mixed(ledger, executor);
}

}  // namespace dnstorm::cluster::detail
