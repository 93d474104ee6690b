#include "cli/cluster_run.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/load.hpp"
#include "cluster/worker/stats.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;

class ClusterRunTest : public ::testing::Test {
 protected:
  ClusterRunTest()
      : plan(load_plan_text("name: t\nspouts: [{id: words, className: words}]\n"
                            "bolts: [{id: out, className: discard, parallelism: 2}]\n"
                            "streams: [{from: words, to: out, grouping: {type: SHUFFLE}}]\n",
                            "t.yaml", {}, registry)
                 .value()) {
    topology.workers.resize(1);
    topology.worker_nodes = {"n2"};
    topology.workers[0].pid = 42;
    view.nodes.resize(1);
    view.nodes[0].report.node = "n2";
    view.nodes[0].report.host = "two.example";
  }

  // As a worker on `node` tells it: a task of `component`.
  void tell(const std::string& node, std::uint64_t incarnation, const std::string& component,
            std::uint32_t index, std::uint64_t rows, TimeNs now) {
    cluster::WorkerStats stats;
    runtime::TaskStatus& task = stats.status.tasks.emplace_back();
    task.component = component;
    task.index = index;
    task.emitted = task.executed = rows;
    task.busy_ns = rows * 1'000'000;
    task.counters = {{"captured", rows}};
    runtime::TaskLatency& latency = stats.latencies.emplace_back();
    latency.component = component;
    latency.index = index;
    if (component == "out") latency.edges.push_back({"words", "default", waits});
    run.take({node, "t-1-1", incarnation, "stats", to_json(stats)}, now);
  }
  json shown() { return json::parse(run.topology_json(plan, view, topology, 0)); }

  OperatorRegistry registry = builtin_registry();
  plan::Plan plan;
  cluster::ClusterView view;
  cluster::TopologyView topology;
  HistogramSnapshot waits;
  ClusterRun run;
};

TEST_F(ClusterRunTest, TasksOfAllWorkersStandTogetherWithWhereTheyRun) {
  tell("n1", 1, "out", 1, 300, ns_per_s);
  tell("n2", 1, "out", 0, 100, ns_per_s);
  json tasks = shown()["components"][1]["tasks"];
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0]["task"], 0);
  EXPECT_EQ(tasks[0]["executed"], 100);
  EXPECT_EQ(tasks[0]["node"], "n2");
  EXPECT_EQ(tasks[0]["host"], "two.example");
  EXPECT_EQ(tasks[0]["pid"], 42);
  EXPECT_EQ(tasks[1]["node"], "n1");
  EXPECT_EQ(run.status(false).tasks.size(), 2u);
  EXPECT_EQ(run.status(false).total("captured"), 400u);
}

TEST_F(ClusterRunTest, RatesAreOfWhatAWorkerHasToldSinceTheTimeBefore) {
  tell("n1", 1, "words", 0, 1000, ns_per_s);
  EXPECT_EQ(shown()["components"][0]["tasks"][0]["emitted_per_s"], 0.0);
  tell("n1", 1, "words", 0, 2000, 3 * ns_per_s);
  json task = shown()["components"][0]["tasks"][0];
  EXPECT_EQ(task["emitted_per_s"], 500.0);
  EXPECT_EQ(task["busy"], 0.5);
  EXPECT_EQ(shown()["over_s"], 2.0);
}

TEST_F(ClusterRunTest, AnIncarnationEndsTheOneBefore) {
  tell("n1", 1, "words", 0, 1000, ns_per_s);
  tell("n2", 1, "out", 0, 900, ns_per_s);
  tell("n3", 2, "words", 0, 10, 2 * ns_per_s);
  tell("n1", 1, "words", 0, 2000, 3 * ns_per_s);  // being ended
  runtime::RunStatus status = run.status(true);
  ASSERT_EQ(status.tasks.size(), 1u);
  EXPECT_EQ(status.tasks[0].emitted, 10u);
  EXPECT_TRUE(status.finished);
}

TEST_F(ClusterRunTest, RowsOfAnEdgeAreSummedAndItsSlowestReaderIsTold) {
  Histogram few, slow;
  for (int i = 0; i < 10; ++i) few.record(1000);
  for (int i = 0; i < 30; ++i) slow.record(1'000'000);
  waits = few.snapshot();
  tell("n1", 1, "out", 0, 10, ns_per_s);
  waits = slow.snapshot();
  tell("n2", 1, "out", 1, 30, ns_per_s);
  json edge = shown()["edges"][0];
  EXPECT_EQ(edge["from"], "words");
  EXPECT_EQ(edge["to"], "out");
  EXPECT_EQ(edge["rows"], 40);
  EXPECT_NEAR(edge["wait_us"]["p50"].get<double>(), 1000, 100);
}

TEST_F(ClusterRunTest, WhoHoldsUpASourceIsFoundOnAnotherNode) {
  auto told = [&](std::uint64_t blocked_ms, TimeNs now) {
    cluster::WorkerStats stats;
    runtime::TaskStatus& task = stats.status.tasks.emplace_back();
    task.component = "words";
    task.spout = task.blocked = true;
    task.waits_for = "out/1";
    task.waiting_ns = 2'500'000'000;
    runtime::TaskQueue& queue = stats.queues.emplace_back();
    queue.component = "words";
    queue.blocked_ns = {{"out", blocked_ms * 1'000'000}};
    run.take({"n1", "t-1-1", 1, "stats", to_json(stats)}, now);
  };
  told(0, ns_per_s);
  told(500, 3 * ns_per_s);
  cluster::WorkerStats slow;
  slow.status.tasks.emplace_back().component = "out";
  slow.status.tasks[0].index = 1;
  runtime::TaskQueue& queue = slow.queues.emplace_back();
  queue.component = "out";
  queue.index = 1;
  queue.rows = 77;
  slow.failures = {{5 * ns_per_ms, "out", "the disk is full"},
                   {6 * ns_per_ms, "", "of the engine"}};
  run.take({"n2", "t-1-1", 1, "stats", to_json(slow)}, ns_per_s);
  json page = shown();
  EXPECT_EQ(page["stall"], json::parse(R"({"source":"words","cause":"out/1","for_s":2.5})"));
  EXPECT_EQ(page["edges"][0]["blocked"], 0.25);
  EXPECT_EQ(page["components"][0]["tasks"][0]["inbox_rows"], nullptr);
  EXPECT_EQ(page["components"][1]["tasks"][0]["inbox_rows"], 77);
  EXPECT_EQ(page["components"][1]["errors"],
            json::parse(R"j([{"t":5,"what":"the disk is full (on n2)"}])j"));
  EXPECT_EQ(page["errors"], json::parse(R"j([{"t":6,"what":"of the engine (on n2)"}])j"));
}

TEST_F(ClusterRunTest, TheOperatorsOwnCountersAreShown) {
  tell("n1", 1, "words", 0, 1000, ns_per_s);
  EXPECT_EQ(shown()["components"][0]["tasks"][0]["counters"], json::parse(R"({"captured":1000})"));
}

TEST_F(ClusterRunTest, AWorkerOfAnotherVersionThatSaysLessOrNonsenseDoesNoHarm) {
  run.take({"n1", "t-1-1", 1, "stats", "{"}, 0);
  run.take({"n2", "t-1-1", 1, "stats", R"({"tasks":[{"component":"out"}]})"}, 0);
  EXPECT_EQ(run.status(false).tasks.size(), 1u);
  EXPECT_EQ(shown()["components"][1]["tasks"][0]["latency_us"], nullptr);
}

}  // namespace
}  // namespace dnstorm::cli
