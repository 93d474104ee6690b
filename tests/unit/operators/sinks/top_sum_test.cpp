#include "operators/sinks/top_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

namespace dnstorm::operators {
namespace {

TEST(TopSum, AddsUpWhatEveryPartLists) {
  TopSum sum;
  sum.add({{{"a", 9, 9}, {"b", 5, 6}}, 5});
  sum.add({{{"b", 7, 7}, {"a", 1, 1}}, 1});
  EXPECT_EQ(sum.take(10), (TopList{{{"b", 12, 13}, {"a", 10, 10}}, 6}));
}

TEST(TopSum, AnItemMayHaveHadTheFloorOfPartsThatDoNotListIt) {
  TopSum sum;
  sum.add({{{"a", 9, 9}}, 9});
  sum.add({{{"b", 20, 20}}, 0});
  EXPECT_EQ(sum.take(10), (TopList{{{"b", 20, 29}, {"a", 9, 9}}, 9}));
}

TEST(TopSum, WhatIsLeftOutCountsForTheFloor) {
  TopSum sum;
  sum.add({{{"a", 9, 9}, {"b", 5, 8}, {"c", 4, 4}}, 2});
  EXPECT_EQ(sum.take(1), (TopList{{{"a", 9, 9}}, 8}));
  EXPECT_EQ(sum.take(0), (TopList{{}, 9}));
}

// Tops of k of random windows, added up in one go or in groups of groups that are cut: the truth
// lies between low and high always.
TEST(TopSum, TheTruthLiesBetweenLowAndHigh) {
  std::mt19937 random(1);
  std::map<std::string, std::int64_t> truth;
  TopSum at_once, hours;
  for (int hour = 0; hour < 6; ++hour) {
    TopSum windows;
    for (int window = 0; window < 10; ++window) {
      std::map<std::string, std::int64_t> counts;
      for (int i = 0; i < 200; ++i)
        ++counts["name" + std::to_string(std::geometric_distribution<int>(0.1)(random))];
      TopSum one;
      for (const auto& [name, count] : counts) {
        truth[name] += count;
        one.add({{{name, count, count}}, 0});
      }
      TopList top = one.take(5);
      at_once.add(top);
      windows.add(top);
    }
    hours.add(windows.take(8));
  }
  for (const TopList& top : {at_once.take(100), hours.take(100)}) {
    EXPECT_GE(top.items.size(), 5u);
    for (const TopItem& item : top.items) {
      EXPECT_LE(item.low, truth[item.item]) << item.item;
      EXPECT_GE(item.high, truth[item.item]) << item.item;
    }
    for (const auto& [name, count] : truth) {
      bool listed = std::any_of(top.items.begin(), top.items.end(),
                                [&](const TopItem& item) { return item.item == name; });
      if (listed) continue;
      EXPECT_LE(count, top.floor) << name;
    }
  }
}

}  // namespace
}  // namespace dnstorm::operators
