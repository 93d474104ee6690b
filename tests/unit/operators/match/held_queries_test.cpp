#include "operators/match/held_queries.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace dnstorm::operators {
namespace {

struct Listed {
  TimeNs end;
  std::uint64_t exchange;
  std::uint32_t group;
  std::uint16_t id;
  bool operator==(const Listed&) const = default;
};

Listed listed(const HeldQuery& ended, const OpenQuery& query) {
  return {ended.end, ended.exchange, ended.group, query.id};
}

// Against a list: ends out of order, some long past, more than a few blocks, taken now and then.
TEST(HeldQueries, gives_what_has_ended_in_the_order_in_which_it_came) {
  std::mt19937_64 random(5);
  HeldQueries held;
  std::vector<Listed> list;
  TimeNs now = 10'000;
  for (std::uint32_t step = 0; step < 20'000; ++step) {
    now += static_cast<TimeNs>(random() % 3);
    TimeNs end = now + static_cast<TimeNs>(random() % 1500) - (step % 50 == 0 ? 5000 : 0);
    Listed one{end, random(), static_cast<std::uint32_t>(random() % key_groups),
               static_cast<std::uint16_t>(step)};
    held.add({one.end, one.exchange, one.group}).id = one.id;
    list.push_back(one);
    if (random() % 100 != 0) continue;
    std::vector<Listed> taken, expected;
    held.take(now, [&](const HeldQuery& ended, const OpenQuery& query) {
      taken.push_back(listed(ended, query));
    });
    std::copy_if(list.begin(), list.end(), std::back_inserter(expected),
                 [&](const Listed& of_list) { return of_list.end <= now; });
    std::erase_if(list, [&](const Listed& of_list) { return of_list.end <= now; });
    ASSERT_EQ(taken, expected) << step;
    std::uint32_t group = step % key_groups;
    std::vector<Listed> of_group, left;
    held.each(group, [&](const HeldQuery& ended, const OpenQuery& query) {
      of_group.push_back(listed(ended, query));
    });
    std::copy_if(list.begin(), list.end(), std::back_inserter(left),
                 [&](const Listed& of_list) { return of_list.group == group; });
    ASSERT_EQ(of_group, left) << step;
    ASSERT_EQ(held.count(group), left.size()) << step;
  }
}

}  // namespace
}  // namespace dnstorm::operators
