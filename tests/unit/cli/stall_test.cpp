#include "cli/stall.hpp"

#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

runtime::TaskStatus task(std::string component, std::string waits_for = "",
                         std::uint64_t seconds = 0, bool spout = false) {
  runtime::TaskStatus status;
  status.component = std::move(component);
  status.waits_for = std::move(waits_for);
  status.waiting_ns = seconds * 1'000'000'000;
  status.spout = spout;
  return status;
}

TEST(Stall, names_the_end_of_the_chain) {
  runtime::RunStatus status;
  status.tasks = {task("packets", "dns/1", 12, true), task("dns"), task("dns", "names", 12),
                  task("names", "slow", 11), task("slow")};
  status.tasks[2].index = 1;
  auto stall = find_stall(status, 10'000'000'000);
  ASSERT_TRUE(stall);
  EXPECT_EQ(to_string(*stall), "packets has waited 12 s for dns/1: the cause is slow");
}

TEST(Stall, short_waits_and_waits_of_bolts_are_none) {
  runtime::RunStatus status;
  status.tasks = {task("packets", "dns", 9, true), task("dns", "names", 50), task("names")};
  EXPECT_FALSE(find_stall(status, 10'000'000'000));
}

TEST(Stall, a_circle_in_a_snapshot_ends) {
  runtime::RunStatus status;
  status.tasks = {task("in", "a", 99, true), task("a", "b", 1), task("b", "a", 1)};
  EXPECT_TRUE(find_stall(status, 1));
}

TEST(Stall, a_source_may_wait_for_acks) {
  runtime::RunStatus status;
  status.tasks = {task("in", "acks", 20, true)};
  EXPECT_EQ(to_string(*find_stall(status, 1)), "in has waited 20 s for acks");
}

}  // namespace
}  // namespace dnstorm::cli
