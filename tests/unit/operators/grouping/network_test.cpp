#include "operators/grouping/network.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/operators/grouping/grouping_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::GroupingHarness;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// The tasks that addresses of that pattern are given to.
std::set<std::uint32_t> tasks_of(GroupingHarness& network, const char* pattern, int from = 0,
                                 int to = 255) {
  std::set<std::uint32_t> used;
  for (int i = from; i <= to; ++i) {
    auto tasks = network.tasks_of(fmt::format(fmt::runtime(pattern), i));
    EXPECT_THAT(tasks, SizeIs(1));
    used.insert(tasks.begin(), tasks.end());
  }
  return used;
}

TEST(Network, KeepsANetworkTogetherAndSpreadsNetworks) {
  GroupingHarness network(network_grouping(), {}, 8);
  EXPECT_THAT(tasks_of(network, "192.0.2.{}"), SizeIs(1));
  EXPECT_THAT(tasks_of(network, "2001:db8:0:{:x}::1"), SizeIs(1));
  EXPECT_THAT(tasks_of(network, "10.0.{}.1"), SizeIs(8));
  EXPECT_THAT(tasks_of(network, "2001:db8:{:x}::1"), SizeIs(8));
}

TEST(Network, PrefixesNeedNotEndWithAByte) {
  GroupingHarness network(network_grouping(), {{"v4", "20"}, {"v6", "33"}}, 8);
  EXPECT_THAT(tasks_of(network, "10.1.{}.1", 16, 31), SizeIs(1));
  EXPECT_THAT(tasks_of(network, "10.1.{}.1", 0, 255), ::testing::Not(SizeIs(1)));
  EXPECT_THAT(tasks_of(network, "2001:db8:{:x}::1", 0, 0x7f), SizeIs(1));
}

TEST(Network, TheWholeAddressMayBeThePrefix) {
  GroupingHarness network(network_grouping(), {{"v4", "32"}, {"v6", "128"}}, 8);
  EXPECT_THAT(tasks_of(network, "192.0.2.{}"), SizeIs(8));
  GroupingHarness none(network_grouping(), {{"v4", "0"}}, 8);
  EXPECT_THAT(tasks_of(none, "{}.0.2.1"), SizeIs(1));
}

TEST(Network, ReadsTheAddress) {
  EXPECT_THAT(GroupingHarness::declare(network_grouping(), {})->reads, ElementsAre("client"));
}

TEST(Network, RefusesWhatIsNoAddress) {
  auto name = GroupingHarness::declare(network_grouping(), {{"of", "name"}});
  ASSERT_FALSE(name.ok());
  EXPECT_EQ(name.error().subject, "of");
  EXPECT_THAT(name.error().what, HasSubstr("`of` needs an address"));
  auto unknown = GroupingHarness::declare(network_grouping(), {{"of", "clint"}});
  EXPECT_THAT(unknown.error().what, HasSubstr("did you mean 'client'?"));
  EXPECT_FALSE(GroupingHarness::declare(network_grouping(), {{"v4", "33"}}).ok());
}

}  // namespace
}  // namespace dnstorm::operators
