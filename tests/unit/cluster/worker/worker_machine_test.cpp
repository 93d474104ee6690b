#include "cluster/worker/worker_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string text_of(const WorkerOutput& output) {
  struct Text {
    std::string operator()(const MakePlan& what) const { return "plan " + what.submission.name; }
    std::string operator()(const Prepare& what) const {
      std::string text = what.active ? "prepare" : "prepare inactive";
      if (!what.states) return text;
      for (const auto& [task, bytes] : *what.states)
        text += " " + std::to_string(task) + "=" + bytes;
      return text;
    }
    std::string operator()(const Begin& what) const {
      return "begin with " + std::to_string(what.peers.size());
    }
    std::string operator()(const TakePart& what) const {
      return "barrier " + std::to_string(what.checkpoint);
    }
    std::string operator()(const SetActive& what) const {
      return what.active ? "activate" : "deactivate";
    }
    std::string operator()(const DrainSources&) const { return "drain"; }
    std::string operator()(const SayReport& what) const {
      switch (what.report.state) {
        case WorkerState::starting:
          return "say starting";
        case WorkerState::prepared:
          return "say prepared " + what.report.endpoint;
        case WorkerState::running:
          return "say running " + std::to_string(what.report.checkpoint);
        case WorkerState::finished:
          return "say finished " + std::to_string(what.report.rows.size());
        case WorkerState::failed:
          return "say failed: " + what.report.error;
        case WorkerState::stopped:
          return "say stopped";
      }
      return {};
    }
    std::string operator()(const EndProcess&) const { return "end"; }
  };
  return std::visit(Text(), output);
}

class WorkerMachineTest : public ::testing::Test {
 protected:
  WorkerMachineTest() {
    submission.name = "dns";
    submission.text = "a topology";
    order.topology = "dns-1-1";
    order.submission = digest(submission);
    order.assignment.incarnation = 3;
  }
  std::vector<std::string> outputs() {
    std::vector<std::string> texts;
    for (const WorkerOutput& output : machine.take_outputs()) texts.push_back(text_of(output));
    return texts;
  }
  void state(std::uint32_t task, const std::string& bytes) {
    machine.take(StatePart{order.topology, 3, order.restore, task, bytes});
  }
  // Until it runs.
  void run() {
    machine.take(order);
    machine.take(submission);
    machine.planned({0, 1});
    for (std::uint32_t task : {0u, 1u})
      if (order.restore != 0) state(task, "s");
    machine.prepared("tcp://here");
    order.phase = WorkerPhase::run;
    machine.take(order);
    outputs();
  }

  Submission submission;
  WorkerOrder order;
  WorkerMachine machine{42};
};

TEST_F(WorkerMachineTest, goes_from_an_order_to_its_end) {
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("say starting"));
  EXPECT_EQ(machine.report().pid, 42);
  EXPECT_EQ(machine.report().incarnation, 3u);
  machine.take(submission);
  EXPECT_THAT(outputs(), ElementsAre("plan dns"));
  machine.planned({0, 1});
  EXPECT_THAT(outputs(), ElementsAre("prepare"));
  machine.prepared("tcp://here");
  EXPECT_THAT(outputs(), ElementsAre("say prepared tcp://here"));
  machine.take(order);
  EXPECT_THAT(outputs(), IsEmpty());
  order.phase = WorkerPhase::run;
  order.peers = {{"ams", "tcp://there", ""}};
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("begin with 1", "say running 0"));
  machine.take(order);
  EXPECT_THAT(outputs(), IsEmpty());
  machine.finished({{0, 2, true, 5}});
  EXPECT_THAT(outputs(), ElementsAre("say finished 1"));
  machine.stop();
  EXPECT_THAT(outputs(), ElementsAre("end"));
}

TEST_F(WorkerMachineTest, waits_for_the_states_of_its_tasks) {
  order.restore = 7;
  machine.take(order);
  machine.take(submission);
  outputs();
  state(1, "one");
  state(5, "of another");
  machine.planned({1, 2});
  EXPECT_THAT(outputs(), IsEmpty());
  machine.take(StatePart{order.topology, 3, 6, 2, "of another checkpoint"});
  machine.take(StatePart{order.topology, 2, 7, 2, "of another incarnation"});
  EXPECT_THAT(outputs(), IsEmpty());
  state(2, "");
  EXPECT_THAT(outputs(), ElementsAre("prepare 1=one 2= 5=of another"));
  state(2, "again");
  EXPECT_THAT(outputs(), IsEmpty());
}

TEST_F(WorkerMachineTest, takes_part_in_each_checkpoint_once) {
  order.restore = 7;
  order.checkpoint = 7;
  run();
  machine.take(order);
  EXPECT_THAT(outputs(), IsEmpty());
  order.checkpoint = 8;
  machine.take(order);
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("barrier 8", "say running 8"));
  order.checkpoint = 10;
  order.saved = 8;
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("barrier 10", "say running 10"));
}

TEST_F(WorkerMachineTest, follows_the_user) {
  order.active = false;
  machine.take(submission);
  machine.take(order);
  machine.planned({0});
  EXPECT_THAT(outputs(), ElementsAre("say starting", "plan dns", "prepare inactive"));
  order.active = true;
  machine.take(order);
  EXPECT_THAT(outputs(), IsEmpty());
  machine.prepared("tcp://here");
  order.phase = WorkerPhase::run;
  machine.take(order);
  EXPECT_THAT(outputs(),
              ElementsAre("say prepared tcp://here", "begin with 0", "say running 0", "activate"));
  order.active = false;
  order.phase = WorkerPhase::drain;
  machine.take(order);
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("deactivate", "drain"));
}

// Killed before it ever ran: what it has is drained all the same, so that it comes to its end.
TEST_F(WorkerMachineTest, drains_what_has_not_begun) {
  machine.take(order);
  machine.take(submission);
  machine.planned({0});
  machine.prepared("tcp://here");
  outputs();
  order.phase = WorkerPhase::drain;
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("begin with 0", "say running 0", "drain"));
}

TEST_F(WorkerMachineTest, tells_of_its_first_failure_and_stays) {
  run();
  machine.failed("the disk is on fire");
  machine.failed("and more");
  machine.finished({});
  order.checkpoint = 9;
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("say failed: the disk is on fire"));
  machine.stop();
  EXPECT_THAT(outputs(), ElementsAre("end"));
}

TEST_F(WorkerMachineTest, does_not_prepare_what_it_could_not_plan) {
  machine.take(order);
  machine.take(submission);
  outputs();
  machine.failed("no such operator");
  machine.take(order);
  EXPECT_THAT(outputs(), ElementsAre("say failed: no such operator"));
}

TEST_F(WorkerMachineTest, refuses_another_submission_than_ordered) {
  machine.take(order);
  submission.text += "!";
  machine.take(submission);
  EXPECT_THAT(
      outputs(),
      ElementsAre("say starting",
                  "say failed: its node gave it another submission than that of its order"));
}

TEST_F(WorkerMachineTest, is_of_one_incarnation) {
  run();
  order.assignment.incarnation = 4;
  order.checkpoint = 5;
  machine.take(order);
  EXPECT_THAT(outputs(), IsEmpty());
  EXPECT_EQ(machine.report().incarnation, 3u);
}

TEST_F(WorkerMachineTest, stops_at_any_time_and_once) {
  machine.take(order);
  outputs();
  machine.stop();
  machine.stop();
  machine.take(submission);
  machine.planned({0});
  machine.prepared("tcp://here");
  EXPECT_THAT(outputs(), ElementsAre("say stopped", "end"));
}

}  // namespace
}  // namespace dnstorm::cluster
