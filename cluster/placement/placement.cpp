#include "cluster/placement/placement.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "cluster/placement/detail/ledger.hpp"
#include "cluster/placement/detail/reason.hpp"

namespace dnstorm::cluster {

namespace {

using detail::Ledger;
using detail::Obstacle;
using Numbers = std::vector<std::uint32_t>;  // of executors, or of nodes

// How often a search may turn back: what is not found by then is told to have no place. Small, as
// the first way is the right one unless rules contradict each other.
constexpr int turns_max = 2000;

// Those with a choice of nodes last, and the heaviest first: what is dealt last evens out.
Numbers in_order_of_need(const Ledger& ledger, Numbers executors) {
  auto key = [&ledger](std::uint32_t executor) {
    return std::tuple(ledger.allowed(executor).size(), -ledger.millicores(executor),
                      ~ledger.shape().executors[executor].memory, executor);
  };
  std::sort(executors.begin(), executors.end(),
            [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  return executors;
}

std::optional<std::uint32_t> node_before(const Ledger& ledger, std::uint32_t executor) {
  const std::vector<std::string>& previous = ledger.request().previous;
  return executor < previous.size() ? ledger.find(previous[executor]) : std::nullopt;
}

// Nodes where it may be put, the best first; `loyal`: where it was before is the best.
Numbers candidates(const Ledger& ledger, std::uint32_t executor, bool loyal) {
  Numbers nodes;
  for (std::uint32_t node : ledger.allowed(executor))
    if (ledger.obstacle(executor, node) == Obstacle::none) nodes.push_back(node);
  auto before = loyal ? node_before(ledger, executor) : std::nullopt;
  std::sort(nodes.begin(), nodes.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (before && (a == *before) != (b == *before)) return a == *before;
    return ledger.suits_better(executor, a, b);
  });
  return nodes;
}

// Puts all of them or none: goes on with the best node for each, and turns back where it is stuck.
bool put_all(Ledger& ledger, const Numbers& executors, bool loyal) {
  struct Step {
    Numbers nodes;
    std::size_t next = 0;
  };
  std::vector<Step> steps;
  int turns = 0;
  while (steps.size() < executors.size()) {
    steps.push_back({candidates(ledger, executors[steps.size()], loyal), 0});
    while (steps.back().next == steps.back().nodes.size()) {
      steps.pop_back();
      if (steps.empty()) return false;
      ledger.take(executors[steps.size() - 1]);
      if (++turns <= turns_max) continue;
      for (std::size_t i = 0; i + 1 < steps.size(); ++i) ledger.take(executors[i]);
      return false;
    }
    Step& step = steps.back();
    ledger.put(executors[steps.size() - 1], step.nodes[step.next++]);
  }
  return true;
}

void put_what_fits(Ledger& ledger, const Numbers& executors) {
  for (std::uint32_t executor : executors) {
    Numbers nodes = candidates(ledger, executor, false);
    if (!nodes.empty()) ledger.put(executor, nodes.front());
  }
}

// Those that may stay where they are are put there; returns them.
Numbers keep(Ledger& ledger, const Numbers& executors) {
  Numbers kept;
  for (std::uint32_t executor : executors) {
    auto before = node_before(ledger, executor);
    if (!before || ledger.obstacle(executor, *before) != Obstacle::none) continue;
    ledger.put(executor, *before);
    kept.push_back(executor);
  }
  return kept;
}

struct Move {
  std::uint32_t executor = 0;
  std::uint32_t to = 0;
  std::pair<std::int64_t, std::int64_t> gain;
};

// How much more even the topology gets, then all topologies together; {0, 0}: not at all.
std::pair<std::int64_t, std::int64_t> gain(const Ledger& ledger, std::uint32_t from,
                                           std::uint32_t to) {
  std::int64_t own = std::int64_t{ledger.executors_on(from)} - ledger.executors_on(to);
  std::int64_t all = own + ledger.offer(from).executors_used - ledger.offer(to).executors_used;
  if (own >= 2) return {own, all};
  if (own == 1 && all >= 2) return {0, all};
  return {0, 0};
}

std::optional<Move> best_move(const Ledger& ledger) {
  std::optional<Move> best;
  for (std::uint32_t executor = 0; executor < ledger.executors(); ++executor) {
    auto from = ledger.node_of(executor);
    if (!from) continue;
    for (std::uint32_t to : ledger.allowed(executor)) {
      auto gained =
          to == *from ? std::pair<std::int64_t, std::int64_t>{0, 0} : gain(ledger, *from, to);
      if (gained <= (best ? best->gain : std::pair<std::int64_t, std::int64_t>{0, 0})) continue;
      if (ledger.obstacle(executor, to) == Obstacle::none) best = Move{executor, to, gained};
    }
  }
  return best;
}

// Ends: each move makes the sum of the squares of executors per node smaller, of the topology or,
// that being equal, of all.
void level(Ledger& ledger) {
  while (auto move = best_move(ledger)) {
    ledger.take(move->executor);
    ledger.put(move->executor, move->to);
  }
}

}  // namespace

std::vector<std::string> Placement::reasons() const {
  std::vector<std::string> all;
  for (const Unplaced& one : unplaced)
    if (std::find(all.begin(), all.end(), one.reason) == all.end()) all.push_back(one.reason);
  return all;
}

Placement place(const PlaceRequest& request) {
  Ledger ledger(request);
  Numbers open;
  for (std::uint32_t executor = 0; executor < ledger.executors(); ++executor)
    if (!ledger.allowed(executor).empty()) open.push_back(executor);
  open = in_order_of_need(ledger, open);

  Numbers kept = keep(ledger, open);
  Numbers rest;
  for (std::uint32_t executor : open)
    if (!ledger.node_of(executor)) rest.push_back(executor);
  if (!put_all(ledger, rest, false)) {
    // What stays may be in the way of what has no place.
    for (std::uint32_t executor : kept) ledger.take(executor);
    if (!put_all(ledger, open, true)) {
      keep(ledger, kept);
      put_what_fits(ledger, rest);
    }
  }
  if (request.spread) level(ledger);

  Placement placement;
  for (std::uint32_t executor = 0; executor < ledger.executors(); ++executor) {
    auto node = ledger.node_of(executor);
    placement.node_of_executor.push_back(node ? ledger.offer(*node).name : "");
    if (!node) placement.unplaced.push_back({executor, detail::reason(ledger, executor)});
  }
  return placement;
}

std::vector<std::string> nodes_with_label(const std::vector<Offer>& offers,
                                          const std::string& label) {
  std::set<std::string> names;
  for (const Offer& offer : offers) {
    bool has = label.empty() ||
               std::find(offer.labels.begin(), offer.labels.end(), label) != offer.labels.end();
    if (has && !offer.drained) names.insert(offer.name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> carry_over(const TopologyShape& before,
                                    const std::vector<std::string>& node_of_executor,
                                    const TopologyShape& now) {
  std::map<std::pair<std::string, std::uint32_t>, std::string> nodes;
  for (std::size_t i = 0; i < before.executors.size() && i < node_of_executor.size(); ++i) {
    const ExecutorShape& executor = before.executors[i];
    nodes[{executor.components.front(), executor.index}] = node_of_executor[i];
  }
  std::vector<std::string> carried;
  for (const ExecutorShape& executor : now.executors)
    carried.push_back(nodes[{executor.components.front(), executor.index}]);
  return carried;
}

}  // namespace dnstorm::cluster
