#include "cluster/placement/detail/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace dnstorm::cluster::detail {

namespace {

std::int64_t to_millicores(double cores) { return std::llround(cores * 1000); }

bool has_label(const Offer& offer, const std::string& label) {
  return label.empty() ||
         std::find(offer.labels.begin(), offer.labels.end(), label) != offer.labels.end();
}

}  // namespace

Ledger::Ledger(const PlaceRequest& request)
    : request_(request), node_of_(request.shape.executors.size()) {
  std::vector<const Offer*> offers;
  for (const Offer& offer : request.offers) offers.push_back(&offer);
  std::sort(offers.begin(), offers.end(),
            [](const Offer* a, const Offer* b) { return a->name < b->name; });
  for (const Offer* offer : offers) nodes_.push_back({offer, 0, 0, 0, {}});
  number_components();
  allowed_.resize(executors());
  for (std::uint32_t executor = 0; executor < executors(); ++executor) {
    find_allowed(executor);
    millicores_.push_back(to_millicores(shape().executors[executor].cores));
  }
}

void Ledger::number_components() {
  std::map<std::string, std::uint32_t> number;
  auto number_of = [&number](const std::string& id) {
    return number.emplace(id, static_cast<std::uint32_t>(number.size())).first->second;
  };
  // Both relations hold in both directions, whoever of the two was declared with it.
  std::map<std::uint32_t, std::set<std::uint32_t>> apart, peers;
  for (const ComponentShape& component : shape().components) {
    std::uint32_t own = number_of(component.id);
    for (const std::string& other : component.reads) {
      peers[own].insert(number_of(other));
      peers[number_of(other)].insert(own);
    }
  }
  for (const ExecutorShape& executor : shape().executors) {
    std::vector<std::uint32_t>& own = components_.emplace_back();
    for (const std::string& id : executor.components) own.push_back(number_of(id));
    for (const std::string& other : executor.rule.apart_from) {
      for (std::uint32_t component : own) apart[component].insert(number_of(other));
      apart[number_of(other)].insert(own.begin(), own.end());
    }
  }
  auto all_of = [](const std::vector<std::uint32_t>& own, auto& relation) {
    std::set<std::uint32_t> all;
    for (std::uint32_t component : own)
      all.insert(relation[component].begin(), relation[component].end());
    return std::vector<std::uint32_t>(all.begin(), all.end());
  };
  for (const std::vector<std::uint32_t>& own : components_) {
    apart_.push_back(all_of(own, apart));
    peers_.push_back(all_of(own, peers));
  }
  for (Node& node : nodes_) node.components.resize(number.size());
}

void Ledger::find_allowed(std::uint32_t executor) {
  const ExecutorShape& wants = shape().executors[executor];
  const PlaceRule& rule = wants.rule;
  const std::string* only = rule.node.empty() ? nullptr : &rule.node;
  std::vector<std::string> per_node;
  if (rule.per_node) {
    auto given = request_.per_node.find(rule.label);
    per_node = given != request_.per_node.end() ? given->second
                                                : nodes_with_label(request_.offers, rule.label);
    if (wants.index >= per_node.size()) return;
    only = &per_node[wants.index];
  }
  for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
    const Offer& offer = *nodes_[node].offer;
    if (!offer.drained && has_label(offer, rule.label) && (!only || offer.name == *only))
      allowed_[executor].push_back(node);
  }
}

std::optional<std::uint32_t> Ledger::find(const std::string& node) const {
  auto at =
      std::lower_bound(nodes_.begin(), nodes_.end(), node,
                       [](const Node& a, const std::string& name) { return a.offer->name < name; });
  if (at == nodes_.end() || at->offer->name != node) return std::nullopt;
  return static_cast<std::uint32_t>(at - nodes_.begin());
}

std::int64_t Ledger::free_millicores(std::uint32_t node) const {
  const Node& there = nodes_[node];
  if (there.offer->cores <= 0) return std::numeric_limits<std::int64_t>::max();
  std::int64_t free =
      to_millicores(there.offer->cores) - to_millicores(there.offer->cores_used) - there.millicores;
  return std::max<std::int64_t>(free, 0);
}

std::uint64_t Ledger::free_memory(std::uint32_t node) const {
  const Node& there = nodes_[node];
  if (there.offer->memory == 0) return std::numeric_limits<std::uint64_t>::max();
  std::uint64_t used = there.offer->memory_used + there.memory;
  return used < there.offer->memory ? there.offer->memory - used : 0;
}

Obstacle Ledger::obstacle(std::uint32_t executor, std::uint32_t node) const {
  if (!std::binary_search(allowed_[executor].begin(), allowed_[executor].end(), node))
    return Obstacle::rule;
  const Node& there = nodes_[node];
  for (std::uint32_t component : apart_[executor])
    if (there.components[component] > 0) return Obstacle::apart;
  if (millicores_[executor] > free_millicores(node)) return Obstacle::cores;
  if (shape().executors[executor].memory > free_memory(node)) return Obstacle::memory;
  if (shape().workers > 0 && there.executors == 0 && used_ >= shape().workers)
    return Obstacle::workers;
  return Obstacle::none;
}

std::vector<std::string> Ledger::apart_there(std::uint32_t executor, std::uint32_t node) const {
  std::set<std::string> ids;
  for (std::uint32_t other = 0; other < executors(); ++other) {
    if (other == executor || node_of_[other] != node) continue;
    for (std::size_t i = 0; i < components_[other].size(); ++i)
      if (std::binary_search(apart_[executor].begin(), apart_[executor].end(),
                             components_[other][i]))
        ids.insert(shape().executors[other].components[i]);
  }
  return {ids.begin(), ids.end()};
}

void Ledger::put(std::uint32_t executor, std::uint32_t node) {
  DNSTORM_ASSERT(!node_of_[executor], "an executor is put once", executor);
  Node& there = nodes_[node];
  if (there.executors++ == 0) ++used_;
  there.millicores += millicores_[executor];
  there.memory += shape().executors[executor].memory;
  for (std::uint32_t component : components_[executor]) ++there.components[component];
  node_of_[executor] = node;
}

void Ledger::take(std::uint32_t executor) {
  DNSTORM_ASSERT(node_of_[executor].has_value(), "what is taken is there", executor);
  Node& there = nodes_[*node_of_[executor]];
  if (--there.executors == 0) --used_;
  there.millicores -= millicores_[executor];
  there.memory -= shape().executors[executor].memory;
  for (std::uint32_t component : components_[executor]) --there.components[component];
  node_of_[executor].reset();
}

std::vector<std::uint32_t> Ledger::used_nodes() const {
  std::vector<std::uint32_t> used;
  for (std::uint32_t node = 0; node < nodes_.size(); ++node)
    if (nodes_[node].executors > 0) used.push_back(node);
  return used;
}

std::uint32_t Ledger::peers_on(std::uint32_t executor, std::uint32_t node) const {
  std::uint32_t count = 0;
  for (std::uint32_t component : peers_[executor]) count += nodes_[node].components[component];
  return count;
}

bool Ledger::suits_better(std::uint32_t executor, std::uint32_t a, std::uint32_t b) const {
  auto key = [&](std::uint32_t node) {
    const Node& there = nodes_[node];
    return std::tuple(there.executors, there.millicores, there.offer->executors_used,
                      to_millicores(there.offer->cores_used),
                      -static_cast<std::int64_t>(peers_on(executor, node)), node);
  };
  return key(a) < key(b);
}

}  // namespace dnstorm::cluster::detail
