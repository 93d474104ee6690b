// The tops of many windows as one: how often an item was there at least, and at most. A top knows
// nothing of an item that it does not list but that it is no more frequent than the last one it
// does: that is its floor.
//
//   sum.add({{{"a", 90, 90}, {"b", 50, 50}}, 50});
//   sum.add({{{"a", 80, 80}}, 0});                   // not full: what it does not list was not
//   there sum.take(10);                                    // a: 170; b: 50
//
// A value; pure. The order of add() does not matter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace dnstorm::operators {

struct TopItem {
  std::string item;
  std::int64_t low = 0;   // true count >= low
  std::int64_t high = 0;  // true count <= high
  bool operator==(const TopItem&) const = default;
};

struct TopList {
  std::vector<TopItem> items;  // by low, descending; equal ones by item
  std::int64_t floor = 0;      // what an item that is not listed has at most
  bool operator==(const TopList&) const = default;
};

class TopSum {
 public:
  void add(const TopList& part);
  // The first `limit`; what is left out counts for the floor.
  TopList take(std::size_t limit) const;

 private:
  struct Sum {
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::int64_t floors = 0;  // of the parts that list it
  };
  std::unordered_map<std::string, Sum> sums_;
  std::int64_t floor_ = 0;
};

}  // namespace dnstorm::operators
