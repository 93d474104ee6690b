#include "cli/cluster/planner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/cluster/submission.hpp"
#include "cli/load.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char anycast[] = R"(name: edge
includes: [{file: centre.yaml}]
config: {topology.workers: 4, topology.delivery: exactly-once}
spouts:
  - id: packets
    className: pcap
    place: {label: capture, per: node}
    properties: {file: "${file}"}
bolts:
  - {id: dns, className: decode, place: {label: capture, per: node}, cpuLoad: 150}
  - id: parts
    className: count
    place: {label: capture, per: node}
    cpuLoad: 20
    properties: {by: [qtype], window: "${ENV-WIDTH}", partial: true}
streams:
  - {from: packets, to: dns, grouping: {type: LOCAL_OR_SHUFFLE}}
  - {from: dns, to: parts, grouping: {type: LOCAL_OR_SHUFFLE, streamId: questions}}
  - {from: parts, to: all, grouping: {type: GLOBAL}}
)";
constexpr char centre[] = R"(bolts:
  - {id: all, className: count, place: {label: centre}, properties: {by: [qtype], merge: true}}
  - {id: out, className: discard, place: {label: centre}, parallelism: 4}
streams:
  - {from: all, to: out}
)";

class OfFiles : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }
  Result<cluster::Submission> made(const std::string& width = "10s") {
    return make_submission(
        (folder_.path() / "edge.yaml").string(),
        {(folder_.path() / "site.properties").string(), {}, {{"WIDTH", width}, {"SECRET", "x"}}});
  }
  void SetUp() override {
    write("edge.yaml", anycast);
    write("centre.yaml", centre);
    write("site.properties", "file = a.pcap\n");
  }
  TemporaryFolder folder_;
};

TEST_F(OfFiles, CarryAllThatThePlanDependsOn) {
  auto submission = made();
  ASSERT_TRUE(submission.ok()) << submission.error().what;
  EXPECT_EQ(submission->name, "edge");
  EXPECT_EQ(submission->text, anycast);
  EXPECT_EQ(submission->files.size(), 1U);
  EXPECT_EQ(submission->properties,
            (std::map<std::string, std::string>{{"file", "a.pcap"}, {"ENV-WIDTH", "10s"}}));
  // Nothing is looked for on the disk.
  write("edge.yaml", "");
  write("centre.yaml", "");
  OperatorRegistry registry = builtin_registry();
  auto plan = plan_of(*submission, {{{"capture", 3}}, {{"out", 2}}}, registry);
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  EXPECT_EQ(plan->components.size(), 5U);
  EXPECT_EQ(plan->components[0].tasks, 3U);
  EXPECT_EQ(plan->components[4].executors, 2U);
}

TEST_F(OfFiles, ObeySettings) {
  auto submission = made();
  ASSERT_TRUE(submission.ok());
  submission->set = {"parts.window=1s"};
  OperatorRegistry registry = builtin_registry();
  auto plan = plan_of(*submission, {}, registry);
  ASSERT_TRUE(plan.ok()) << plan.error().what;
  EXPECT_EQ(plan->components[2].options.duration("window"), ns_per_s);
}

TEST_F(OfFiles, AreRefusedWithAllProblems) {
  auto submission = made("soon");
  ASSERT_TRUE(submission.ok());
  submission->text += "  - {from: nobody, to: all}\n";
  OperatorRegistry registry = builtin_registry();
  auto plan = plan_of(*submission, {}, registry);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().kind, ErrorKind::config);
  EXPECT_THAT(plan.error().what, HasSubstr("edge.yaml:15:"));
  EXPECT_THAT(plan.error().what, HasSubstr("\n" + submission->file + ":20:12: a stream goes from"));

  submission->files.clear();
  EXPECT_THAT(plan_of(*submission, {}, registry).error().what,
              HasSubstr("centre.yaml' was not submitted with the topology"));
  write("site.properties", "x = y\n");
  EXPECT_THAT(made().error().what, HasSubstr("edge.yaml:8:"));
  std::filesystem::remove(folder_.path() / "edge.yaml");
  EXPECT_EQ(made().error().kind, ErrorKind::no_input);
}

TEST_F(OfFiles, GiveNoWholeResultsPerNode) {
  auto submission = made();
  ASSERT_TRUE(submission.ok());
  submission->set = {"parts.partial=false"};
  OperatorRegistry registry = builtin_registry();
  EXPECT_THAT(plan_of(*submission, {}, registry).error().what,
              HasSubstr("'parts' (count) has a task on each node and keeps state by [qtype]: "));
}

TEST_F(OfFiles, HaveAShape) {
  auto submission = made();
  ASSERT_TRUE(submission.ok());
  TopologyPlanner planner;
  EXPECT_THAT(*planner.labels_per_node(*submission), ElementsAre("capture"));
  auto shape = planner.shape(*submission, {{{"capture", 2}}, {}});
  ASSERT_TRUE(shape.ok());
  // Two of the chain, one for `all`, four for `out`.
  ASSERT_EQ(shape->executors.size(), 7U);
  const cluster::ExecutorShape& second = shape->executors[1];
  EXPECT_THAT(second.components, ElementsAre("packets", "dns", "parts"));
  EXPECT_EQ(second.index, 1U);
  EXPECT_EQ(second.tasks.size(), 3U);
  EXPECT_DOUBLE_EQ(second.cores, 1.7);
  EXPECT_TRUE(second.spout);
  EXPECT_EQ(second.rule, (cluster::PlaceRule{"capture", "", true, {}}));
  EXPECT_EQ(shape->tasks, 11U);
  EXPECT_EQ(shape->workers, 4U);
  EXPECT_TRUE(shape->checkpoints);
  EXPECT_EQ(shape->checkpoint_interval, ns_per_s);
  EXPECT_EQ(shape->message_timeout, 30 * ns_per_s);
  ASSERT_EQ(shape->components.size(), 5U);
  EXPECT_THAT(shape->components[3].reads, ElementsAre("parts"));
  EXPECT_EQ(shape->components[3].rule.label, "centre");
  // The number of nodes is no part of what a state means.
  EXPECT_EQ(planner.shape(*submission, {})->fingerprint, shape->fingerprint);
  EXPECT_EQ(planner.shape(*submission, {})->tasks, 8U);
}

}  // namespace
}  // namespace dnstorm::cli
