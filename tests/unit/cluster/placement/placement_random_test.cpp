// Random clusters and topologies: what must hold of every placement, and how long it takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "cluster/placement/placement.hpp"
#include "tests/unit/cluster/placement/cluster_shapes.hpp"

namespace dnstorm::cluster {
namespace {

struct World {
  std::mt19937 random;
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); }

  std::vector<Offer> offers() {
    auto offers = offers_of(1 + below(8));
    for (Offer& offer : offers) {
      for (const char* label : {"x", "y"})
        if (below(2)) offer.labels.push_back(label);
      if (below(2)) offer.cores = 1 + below(6);
      if (below(3) == 0) offer.memory = 1000 * (1 + below(4));
      offer.drained = below(8) == 0;
      offer.executors_used = below(5);
      offer.cores_used = offer.cores > 0 ? 0.5 * below(3) : 0;
    }
    return offers;
  }

  TopologyShape shape(const std::vector<Offer>& offers) {
    std::vector<Component> components;
    std::uint32_t count = 1 + below(5);
    for (std::uint32_t i = 0; i < count; ++i) {
      Component component{"c" + std::to_string(i), 1 + below(4)};
      const char* label = below(2) ? "x" : "y";
      switch (below(6)) {
        case 0:
          component.rule.label = label;
          break;
        case 1:
          component.rule = {label, "", true, {}};
          component.executors = static_cast<std::uint32_t>(nodes_with_label(offers, label).size());
          break;
        case 2:
          component.rule.node = offers[below(static_cast<std::uint32_t>(offers.size()))].name;
        default:
          break;
      }
      if (below(4) == 0) component.rule.apart_from = {"c" + std::to_string(below(count))};
      if (below(2)) component.cores = 0.5 * below(4);
      if (below(3) == 0) component.memory = 300 * below(4);
      if (i > 0) component.reads = {"c" + std::to_string(below(i))};
      components.push_back(component);
    }
    TopologyShape shape = shape_of(components);
    shape.workers = below(3) ? 0 : 1 + below(4);
    return shape;
  }
};

bool apart(const ExecutorShape& a, const ExecutorShape& b) {
  auto names = [](const ExecutorShape& x, const ExecutorShape& y) {
    const auto& others = x.rule.apart_from;
    return std::find(others.begin(), others.end(), y.components.front()) != others.end();
  };
  return names(a, b) || names(b, a);
}

void expect_allowed(const TopologyShape& shape, const std::vector<Offer>& offers,
                    const Placement& placement) {
  std::map<std::string, const Offer*> by_name;
  std::map<std::string, double> cores;
  std::map<std::string, std::uint64_t> memory;
  for (const Offer& offer : offers) by_name[offer.name] = &offer;
  ASSERT_EQ(placement.node_of_executor.size(), shape.executors.size());
  std::size_t without = 0;
  for (std::size_t i = 0; i < shape.executors.size(); ++i) {
    const std::string& name = placement.node_of_executor[i];
    const ExecutorShape& executor = shape.executors[i];
    if (name.empty()) {
      ++without;
      continue;
    }
    ASSERT_TRUE(by_name.count(name));
    EXPECT_FALSE(by_name[name]->drained);
    const auto& labels = by_name[name]->labels;
    if (!executor.rule.label.empty()) {
      EXPECT_TRUE(std::find(labels.begin(), labels.end(), executor.rule.label) != labels.end());
    }
    if (!executor.rule.node.empty()) {
      EXPECT_EQ(name, executor.rule.node);
    }
    if (executor.rule.per_node) {
      EXPECT_EQ(name, nodes_with_label(offers, executor.rule.label)[executor.index]);
    }
    cores[name] += executor.cores;
    memory[name] += executor.memory;
    for (std::size_t k = 0; k < i; ++k)
      if (placement.node_of_executor[k] == name) {
        EXPECT_FALSE(apart(executor, shape.executors[k])) << i << " and " << k;
      }
  }
  EXPECT_EQ(placement.unplaced.size(), without);
  for (const Unplaced& one : placement.unplaced) EXPECT_FALSE(one.reason.empty());
  for (auto& [name, used] : cores)
    if (by_name[name]->cores > 0) {
      EXPECT_LE(used + by_name[name]->cores_used, by_name[name]->cores);
    }
  for (auto& [name, used] : memory)
    if (by_name[name]->memory > 0) {
      EXPECT_LE(used, by_name[name]->memory);
    }
  if (shape.workers > 0) {
    EXPECT_LE(cores.size(), shape.workers);
  }
}

TEST(PlacementOfRandomTopologies, HoldsItsRules) {
  int complete = 0;
  constexpr int rounds = 3000;
  for (int seed = 0; seed < rounds; ++seed) {
    SCOPED_TRACE(seed);
    World world{std::mt19937(static_cast<std::uint32_t>(seed))};
    auto offers = world.offers();
    TopologyShape shape = world.shape(offers);
    Placement first = place({shape, offers, {}, {}, false});
    expect_allowed(shape, offers, first);
    complete += first.complete();

    auto shuffled = offers;
    std::shuffle(shuffled.begin(), shuffled.end(), world.random);
    EXPECT_EQ(place({shape, shuffled, {}, {}, false}).node_of_executor, first.node_of_executor)
        << "the order of nodes shows";
    Placement again = place({shape, shuffled, first.node_of_executor, {}, false});
    if (first.complete()) {
      EXPECT_EQ(again.node_of_executor, first.node_of_executor) << "it moves";
    }

    // A node goes, another comes; then a rebalance.
    auto changed = offers;
    changed.erase(changed.begin() + world.below(static_cast<std::uint32_t>(changed.size())));
    changed.push_back({"z", {"x", "y"}, 0, 0, false, 0, 0, 0});
    expect_allowed(shape, changed, place({shape, changed, first.node_of_executor, {}, false}));
    expect_allowed(shape, changed, place({shape, changed, first.node_of_executor, {}, true}));
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(complete, rounds / 3) << "too few of them say anything";
}

TEST(PlacementOfRandomTopologies, IsEvenWhereNothingForbidsIt) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    auto nodes = static_cast<std::uint32_t>(1 + random() % 12);
    TopologyShape shape = shape_of({{"a", static_cast<std::uint32_t>(1 + random() % 30)},
                                    {"b", static_cast<std::uint32_t>(1 + random() % 30)}});
    auto offers = offers_of(nodes);
    std::vector<std::string> previous;
    for (std::size_t i = 0; i < shape.executors.size(); ++i) previous.push_back("n1");
    for (const auto& before : {std::vector<std::string>{}, previous}) {
      std::map<std::string, std::size_t> counts;
      for (const Offer& offer : offers) counts[offer.name] = 0;
      for (const auto& node : place({shape, offers, before, {}, true}).node_of_executor)
        ++counts[node];
      std::size_t least = SIZE_MAX, most = 0;
      for (auto& [node, count] : counts) {
        least = std::min(least, count);
        most = std::max(most, count);
      }
      EXPECT_LE(most - least, 1U);
    }
  }
}

// 200 nodes, 100 topologies of 20 executors: printed, and told in docs/cluster.md.
TEST(PlacementOfRandomTopologies, PrintsItsSpeed) {
  auto offers = offers_of(200);
  for (std::size_t i = 0; i < offers.size(); ++i) {
    offers[i].labels = {i % 4 ? "capture" : "centre"};
    offers[i].cores = 32;
  }
  TopologyShape shape =
      shape_of({{"read", 4, {"capture", "", false, {}}, 0.5},
                {"parse", 8, {}, 1, 0, {"read"}},
                {"count", 6, {}, 0.5, 0, {"parse"}},
                {"write", 2, {"centre", "", false, {"write"}}, 0.1, 0, {"count"}}});
  std::map<std::string, Offer*> by_name;
  for (Offer& offer : offers) by_name[offer.name] = &offer;
  auto start = std::chrono::steady_clock::now();
  for (int topology = 0; topology < 100; ++topology) {
    Placement placement = place({shape, offers, {}, {}, false});
    ASSERT_TRUE(placement.complete());
    for (std::size_t i = 0; i < shape.executors.size(); ++i) {
      Offer& offer = *by_name[placement.node_of_executor[i]];
      ++offer.executors_used;
      offer.cores_used += shape.executors[i].cores;
    }
  }
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("200 nodes, 100 topologies of 20 executors: placed in %.1f ms\n", took.count());
  auto used = [](const Offer& a, const Offer& b) { return a.executors_used < b.executors_used; };
  auto [least, most] = std::minmax_element(offers.begin(), offers.end(), used);
  EXPECT_LE(most->executors_used - least->executors_used, 3U);
}

}  // namespace
}  // namespace dnstorm::cluster
