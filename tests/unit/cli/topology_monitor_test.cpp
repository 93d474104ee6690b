#include "cli/topology_monitor.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/load.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;

class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest()
      : plan(load_plan_text("name: t\nspouts: [{id: words, className: words}]\n"
                            "bolts: [{id: out, className: discard}]\n"
                            "streams: [{from: words, to: out, grouping: {type: SHUFFLE}}]\n",
                            "t.yaml", {}, registry)
                 .value()),
        monitor(plan, 0) {
    look.status.tasks.resize(2);
    look.status.tasks[0].component = "words";
    look.status.tasks[0].spout = true;
    look.status.tasks[1].component = "out";
    look.latencies.resize(1);
    look.latencies[0].component = "out";
    look.latencies[0].edges.push_back({"words", "default", {}});
  }
  json ask() {
    return json::parse(monitor.json(look.steady, [this] {
      ++looks;
      return look;
    }));
  }

  OperatorRegistry registry = builtin_registry();
  plan::Plan plan;
  TopologyMonitor monitor;
  TopologyMonitor::Look look;
  int looks = 0;
};

TEST_F(MonitorTest, RatesAreOfTheTimeBetweenTwoLooks) {
  look.steady = 2 * ns_per_s;
  look.status.tasks[0].emitted = 1000;
  look.status.tasks[1].busy_ns = ns_per_s;
  json first = ask();
  EXPECT_EQ(first["over_s"], 2.0);
  EXPECT_EQ(first["components"][0]["tasks"][0]["emitted_per_s"], 500.0);
  EXPECT_EQ(first["components"][1]["tasks"][0]["busy"], 0.5);
  look.steady = 3 * ns_per_s;
  look.status.tasks[0].emitted = 1100;
  json second = ask();
  EXPECT_EQ(second["over_s"], 1.0);
  EXPECT_EQ(second["components"][0]["tasks"][0]["emitted_per_s"], 100.0);
  EXPECT_EQ(second["components"][1]["tasks"][0]["busy"], 0.0);
}

TEST_F(MonitorTest, LooksOnceASecondHoweverOftenItIsAsked) {
  look.steady = 5 * ns_per_s;
  json first = ask();
  look.steady += ns_per_s / 2;
  EXPECT_EQ(ask(), first);
  EXPECT_EQ(looks, 1);
}

TEST_F(MonitorTest, AfterTheEndTheRatesAreThoseOfTheWholeRun) {
  look.steady = 3 * ns_per_s;
  look.status.tasks[0].emitted = 300;
  ask();
  look.steady = 4 * ns_per_s;
  look.status.tasks[0].emitted = 1000;
  look.status.finished = true;
  json last = ask();
  EXPECT_EQ(last["finished"], true);
  EXPECT_EQ(last["components"][0]["tasks"][0]["emitted_per_s"], 250.0);
}

TEST_F(MonitorTest, SaysWhoWaitsForWhomSinceWhen) {
  look.steady = ns_per_s;
  look.status.tasks[0].waits_for = "out";
  look.status.tasks[0].blocked = true;
  look.status.tasks[0].waiting_ns = 1'500'000'000;
  look.status.tasks[1].waits_for = "words";
  json seen = ask();
  EXPECT_EQ(seen["components"][0]["tasks"][0]["waits_for"],
            json({{"who", "out"}, {"why", "room"}, {"for_s", 1.5}}));
  EXPECT_EQ(seen["components"][1]["tasks"][0]["waits_for"]["why"], "rows");
}

TEST_F(MonitorTest, EdgesHaveTheirRowsAndHowLongTheyWaited) {
  Histogram wait;
  wait.record(2'000, 10);
  look.latencies[0].edges[0].wait = wait.snapshot();
  look.steady = 2 * ns_per_s;
  json edge = ask()["edges"][0];
  EXPECT_EQ(edge["from"], "words");
  EXPECT_EQ(edge["to"], "out");
  EXPECT_EQ(edge["grouping"], "SHUFFLE");
  EXPECT_EQ(edge["rows"], 10);
  EXPECT_EQ(edge["rows_per_s"], 5.0);
  EXPECT_EQ(edge["wait_us"]["p99"], 2.0);
}

TEST_F(MonitorTest, EdgesSayHowMuchOfTheTimeTheirSourceWaitedForThem) {
  look.queues = {{"words", 0, 0, {{"out", 500'000'000}}}, {"out", 0, 40, {}}};
  look.steady = 2 * ns_per_s;
  json first = ask();
  EXPECT_EQ(first["edges"][0]["blocked"], 0.25);
  EXPECT_EQ(first["components"][1]["tasks"][0]["inbox_rows"], 40);
  look.steady = 3 * ns_per_s;
  look.queues[0].blocked_ns[0].second += ns_per_s;
  look.queues[1].rows.reset();
  json second = ask();
  EXPECT_EQ(second["edges"][0]["blocked"], 1.0);
  EXPECT_EQ(second["components"][1]["tasks"][0]["inbox_rows"], nullptr);
}

TEST_F(MonitorTest, NamesTheCauseOfALongWait) {
  look.steady = ns_per_s;
  look.status.tasks[0].waits_for = "out";
  look.status.tasks[0].blocked = true;
  look.status.tasks[0].waiting_ns = 900'000'000;
  EXPECT_EQ(ask()["stall"], nullptr);
  look.steady = 3 * ns_per_s;
  look.status.tasks[0].waiting_ns = 2'900'000'000;
  EXPECT_EQ(ask()["stall"], json({{"source", "words"}, {"cause", "out"}, {"for_s", 2.9}}));
}

TEST_F(MonitorTest, ShowsErrorsWithTheirComponentAndCountersOfOperators) {
  look.steady = ns_per_s;
  look.failures = {{5 * ns_per_s, "out", "out: the disk is full"},
                   {6 * ns_per_s, "", "checkpoint"}};
  look.status.tasks[1].counters = {{"written", 7}};
  json seen = ask();
  EXPECT_EQ(seen["components"][0]["errors"], json::array());
  EXPECT_EQ(seen["components"][1]["errors"],
            json::array({{{"t", 5000}, {"what", "out: the disk is full"}}}));
  EXPECT_EQ(seen["errors"][0]["what"], "checkpoint");
  EXPECT_EQ(seen["components"][1]["tasks"][0]["counters"], json({{"written", 7}}));
}

}  // namespace
}  // namespace dnstorm::cli
