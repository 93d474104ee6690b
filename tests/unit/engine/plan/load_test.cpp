// Which shuffles choose by load: see set_load_shuffles().
#include <gtest/gtest.h>

#include "tests/unit/engine/plan/fake_operators.hpp"

namespace dnstorm::plan {
namespace {

using testing::find;
using testing::plan_of;

constexpr char head[] = "name: t\nspouts: [{id: src, className: packets, properties: {file: f}}]\n";

std::string filter(const std::string& id, int tasks, const std::string& more = "") {
  return fmt::format(
      "- {{id: {}, className: filter, parallelism: {}, properties: {{field: rcode}}{}}}\n", id,
      tasks, more);
}
std::string stream(const std::string& from, const std::string& to,
                   const std::string& type = "SHUFFLE") {
  return fmt::format("- {{from: {}, to: {}, grouping: {{type: {}}}}}\n", from, to, type);
}
// Whether the component `id` gets its rows by load.
bool by_load(const std::string& bolts, const std::string& streams, const std::string& config = "",
             const std::string& id = "b") {
  Plan plan = plan_of(head + ("bolts:\n" + bolts) + "streams:\n" + streams + config);
  bool any = false;
  for (const InputPlan& input : find(plan, id).inputs) any |= input.by_load;
  return any;
}

TEST(LoadShuffles, AreThoseToStatelessBoltsOfSeveralTasks) {
  const std::string line = stream("src", "b");
  EXPECT_TRUE(by_load(filter("b", 2), line));
  EXPECT_TRUE(by_load(filter("b", 2), stream("src", "b", "NONE")));
  EXPECT_TRUE(by_load(filter("b", 2), stream("src", "b", "LOCAL_OR_SHUFFLE")));
  EXPECT_FALSE(by_load(filter("b", 1), line));
  EXPECT_FALSE(by_load(filter("b", 2), stream("src", "b", "GLOBAL")));
  EXPECT_FALSE(by_load("- {id: b, className: blind, parallelism: 2}\n", line))
      << "it may keep something";
}

TEST(LoadShuffles, AreSwitchedOffAndOnBySettings) {
  const std::string line = stream("src", "b");
  const std::string blind = "- {id: b, className: blind, parallelism: 2}\n";
  const std::string off = "config: {topology.disable.loadaware.messaging: true}\n";
  const std::string on = "config: {topology.disable.loadaware.messaging: false}\n";
  EXPECT_FALSE(by_load(filter("b", 2), line, off));
  EXPECT_TRUE(by_load(blind, line, on));
  const std::string own = ", config: {topology.disable.loadaware.messaging: ";
  EXPECT_TRUE(by_load(filter("b", 2, own + "false}"), line, off));
  EXPECT_FALSE(by_load(filter("b", 2, own + "true}"), line, on));
}

TEST(LoadShuffles, NeedOneSenderARound) {
  const std::string two = filter("a", 2) + filter("b", 3);
  EXPECT_TRUE(by_load(two, stream("src", "a") + stream("a", "b")));
  EXPECT_FALSE(by_load(two, stream("src", "a", "ALL") + stream("a", "b")));
  EXPECT_TRUE(by_load(two, stream("src", "a", "GLOBAL") + stream("a", "b")));
  // In place: rows of one round stay with the task that has them.
  const std::string three = filter("a", 2) + filter("c", 2) + filter("b", 3);
  EXPECT_TRUE(
      by_load(three, stream("src", "a") + stream("a", "c", "LOCAL_OR_SHUFFLE") + stream("c", "b")));
  EXPECT_FALSE(by_load(
      three, stream("src", "a", "ALL") + stream("a", "c", "LOCAL_OR_SHUFFLE") + stream("c", "b")));
}

TEST(LoadShuffles, NeedOneSource) {
  const std::string bolts = filter("a", 2) + filter("c", 2) + "- {id: b, className: blind, " +
                            "parallelism: 2, config: {topology.disable.loadaware.messaging: "
                            "false}}\n";
  const std::string streams = stream("src", "a") + stream("src", "c") + stream("a", "b");
  EXPECT_TRUE(by_load(bolts, streams));
  EXPECT_FALSE(by_load(bolts, streams + stream("c", "b")));
  EXPECT_TRUE(by_load(bolts, streams + "- {from: a, to: b, grouping: {type: SHUFFLE, streamId: "
                                       "refused}}\n"))
      << "two streams of one source";
}

TEST(LoadShuffles, AreExplained) {
  Plan plan = plan_of(head + ("bolts:\n" + filter("b", 2)) + "streams:\n" + stream("src", "b"));
  EXPECT_NE(explain(plan).find("  <- src/default SHUFFLE by load\n"), std::string::npos);
}

}  // namespace
}  // namespace dnstorm::plan
