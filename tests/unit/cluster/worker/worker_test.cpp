// Real processes of workers, led as their nodes would lead them.
#include "cluster/worker/worker.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>

#include "cluster/model/codec.hpp"
#include "cluster/model/lease_page.hpp"
#include "cluster/node/process.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cluster {
namespace {

using dnstorm::testing::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A worker's process and what it has said.
class Led {
 public:
  Led(const std::string& node, const std::string& log, TimeNs lease)
      : process_(Process::start({.argv = {DNSTORM_TEST_CHILD, node}, .lease = lease, .log = log},
                                {[this](Word word) { take(std::move(word)); },
                                 [this](std::string how) {
                                   std::lock_guard lock(mutex_);
                                   gone_ = std::move(how);
                                   changed_.notify_all();
                                 }})
                     .value()) {}

  Process& process() { return *process_; }
  void order(const WorkerOrder& order) { process_->send({WordKind::order, to_json(order)}); }
  void begin(const WorkerOrder& first, const Submission& submission) {
    order(first);
    process_->send({WordKind::submission, to_json(submission)});
  }
  void give(const StatePart& part) { process_->send({WordKind::state, encode(part)}); }
  void stop() { process_->send({WordKind::stop, ""}); }

  // Its report once it is in that state, or in a later one.
  WorkerReport report(WorkerState state) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return report_.state >= state || !gone_.empty(); });
    return report_;
  }
  std::string gone() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !gone_.empty(); });
    return gone_;
  }
  // What so many of its tasks have saved for that checkpoint.
  std::vector<StatePart> saved(std::uint64_t number, std::size_t tasks) {
    std::unique_lock lock(mutex_);
    auto of = [&] {
      std::vector<StatePart> parts;
      for (const StatePart& part : parts_)
        if (part.number == number) parts.push_back(part);
      return parts;
    };
    changed_.wait(lock, [&] { return of().size() >= tasks || !gone_.empty(); });
    return of();
  }
  // Until so many rows have come to a component's only task.
  void executed(const std::string& component, std::uint64_t rows) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] {
      if (stats_.empty() || !gone_.empty()) return !gone_.empty();
      auto stats = nlohmann::json::parse(stats_);
      for (const auto& task : stats["tasks"])
        if (task["component"] == component && task["executed"] == rows) return true;
      return false;
    });
  }
  std::string stats() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !stats_.empty() || !gone_.empty(); });
    return stats_;
  }

 private:
  void take(Word word) {
    std::lock_guard lock(mutex_);
    if (word.kind == WordKind::report) report_ = worker_report_from_json(word.bytes).value();
    if (word.kind == WordKind::state)
      parts_.push_back(std::get<StatePart>(decode(word.bytes).value()));
    if (word.kind == WordKind::stats) stats_ = word.bytes;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  WorkerReport report_;
  std::vector<StatePart> parts_;
  std::string stats_;
  std::string gone_;
  std::unique_ptr<Process> process_;  // the last: its thread calls us
};

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    submission.name = "numbers";
    submission.text = "numbers";
    submission.properties["out"] = folder.path_of("out");
    submission.properties["until"] = "20000";
  }
  static TimeNs later() { return SystemClock().steady_ns() + 3600 * ns_per_s; }
  Led& lead(const std::string& node, TimeNs lease = later()) {
    return *workers.emplace_back(
        std::make_unique<Led>(node, folder.path_of("worker-" + node + ".log"), lease));
  }
  // The first order: numbers and a task of pass on one node, the other one and the sink elsewhere.
  WorkerOrder order(const std::string& other = "b", std::uint64_t incarnation = 1) const {
    WorkerOrder order;
    order.topology = "numbers-1-1";
    order.submission = digest(submission);
    order.assignment.incarnation = incarnation;
    order.assignment.node_of_executor = {"a", "a", other, other};
    return order;
  }
  static void begin_all(WorkerOrder& order, const std::vector<std::pair<std::string, Led*>>& all) {
    for (const auto& [node, led] : all)
      order.peers.push_back({node, led->report(WorkerState::prepared).endpoint, ""});
    order.phase = WorkerPhase::run;
    for (const auto& [node, led] : all) led->order(order);
  }

  TemporaryFolder folder;
  Submission submission;
  std::vector<std::unique_ptr<Led>> workers;
};

constexpr const char* all_numbers = "20000 199990000 20000";

TEST_F(WorkerTest, runs_a_topology_alone) {
  Led& a = lead("a");
  WorkerOrder mine = order("a");
  a.begin(mine, submission);
  begin_all(mine, {{"a", &a}});
  WorkerReport end = a.report(WorkerState::finished);
  EXPECT_EQ(end.state, WorkerState::finished) << end.error;
  EXPECT_EQ(end.pid, a.process().pid());
  EXPECT_THAT(end.rows, SizeIs(0));
  EXPECT_EQ(folder.read("out"), all_numbers);
  a.stop();
  EXPECT_EQ(a.gone(), "exited with code 0");
}

TEST_F(WorkerTest, runs_a_topology_beside_another) {
  Led& a = lead("a");
  Led& b = lead("b");
  WorkerOrder both = order();
  a.begin(both, submission);
  b.begin(both, submission);
  begin_all(both, {{"a", &a}, {"b", &b}});
  WorkerReport end_a = a.report(WorkerState::finished);
  WorkerReport end_b = b.report(WorkerState::finished);
  EXPECT_EQ(end_a.state, WorkerState::finished) << end_a.error;
  EXPECT_EQ(end_b.state, WorkerState::finished) << end_b.error;
  EXPECT_EQ(folder.read("out"), all_numbers);
  // numbers -> pass/1 and pass/0 -> sink: half of the rows each, the same on both sides.
  ASSERT_THAT(end_a.rows, SizeIs(2));
  ASSERT_THAT(end_b.rows, SizeIs(2));
  for (std::size_t edge = 0; edge < 2; ++edge) {
    EXPECT_EQ(end_a.rows[edge].rows, 10'000u);
    EXPECT_TRUE(end_a.rows[edge].sent);
    EXPECT_FALSE(end_b.rows[edge].sent);
    end_b.rows[edge].sent = true;
    EXPECT_EQ(end_a.rows[edge], end_b.rows[edge]);
  }
  auto stats = nlohmann::json::parse(b.stats());
  EXPECT_EQ(stats["tasks"].size(), 2u);
  EXPECT_EQ(stats["tasks"][0]["component"], "pass");
  EXPECT_EQ(stats["tasks"][0]["index"], 1);
  EXPECT_EQ(stats["links"][0]["node"], "a");
}

TEST_F(WorkerTest, saves_its_tasks_and_begins_from_what_they_saved) {
  submission.properties["checkpoints"] = "yes";
  submission.properties["until"] = "10000";
  submission.properties["then"] = "waits";
  std::vector<StatePart> states;
  {
    Led& a = lead("a");
    Led& b = lead("b");
    WorkerOrder both = order();
    a.begin(both, submission);
    b.begin(both, submission);
    begin_all(both, {{"a", &a}, {"b", &b}});
    b.executed("sink", 10'000);
    both.checkpoint = 1;
    a.order(both);
    b.order(both);
    states = a.saved(1, 2);
    for (const StatePart& part : b.saved(1, 2)) states.push_back(part);
    ASSERT_THAT(states, SizeIs(4));
    workers.clear();  // SIGKILL
  }
  submission.properties["until"] = "20000";
  submission.properties["then"] = "ends";
  Led& a = lead("a");
  WorkerOrder alone = order("a", 2);
  alone.restore = 1;
  alone.checkpoint = 1;
  a.begin(alone, submission);
  for (StatePart part : states) {
    part.incarnation = 2;
    a.give(part);
  }
  begin_all(alone, {{"a", &a}});
  WorkerReport end = a.report(WorkerState::finished);
  EXPECT_EQ(end.state, WorkerState::finished) << end.error;
  EXPECT_EQ(folder.read("out"), "20000 199990000 10000");
  EXPECT_THAT(a.saved(0, 4), SizeIs(4));  // their last ones
}

TEST_F(WorkerTest, drains_when_it_is_told) {
  submission.properties["then"] = "waits";
  Led& a = lead("a");
  WorkerOrder mine = order("a");
  a.begin(mine, submission);
  begin_all(mine, {{"a", &a}});
  EXPECT_THAT(a.stats(), HasSubstr("\"numbers\""));
  mine.phase = WorkerPhase::drain;
  a.order(mine);
  EXPECT_EQ(a.report(WorkerState::finished).state, WorkerState::finished);
}

TEST_F(WorkerTest, stops_in_the_middle) {
  submission.properties["then"] = "waits";
  Led& a = lead("a");
  WorkerOrder mine = order("a");
  a.begin(mine, submission);
  begin_all(mine, {{"a", &a}});
  a.report(WorkerState::running);
  a.stop();
  EXPECT_EQ(a.gone(), "exited with code 0");
  EXPECT_EQ(a.report(WorkerState::stopped).state, WorkerState::stopped);
}

TEST_F(WorkerTest, tells_what_went_wrong) {
  submission.properties["then"] = "fails";
  Led& a = lead("a");
  WorkerOrder mine = order("a");
  a.begin(mine, submission);
  begin_all(mine, {{"a", &a}});
  WorkerReport end = a.report(WorkerState::finished);
  EXPECT_EQ(end.state, WorkerState::failed);
  EXPECT_EQ(end.error, "numbers: the disk is on fire");

  submission.properties.erase("out");
  Led& unopened = lead("b");
  unopened.begin(order("b"), submission);
  EXPECT_EQ(unopened.report(WorkerState::finished).error, "sink: the sink has no file");

  submission.text = "something else";
  Led& unplanned = lead("c");
  unplanned.begin(order("c"), submission);
  EXPECT_THAT(unplanned.report(WorkerState::finished).error, HasSubstr("no such topology"));
}

TEST_F(WorkerTest, refuses_an_assignment_of_another_plan) {
  Led& a = lead("a");
  WorkerOrder wrong = order("a");
  wrong.assignment.node_of_executor.emplace_back("a");
  a.begin(wrong, submission);
  EXPECT_THAT(a.report(WorkerState::finished).error,
              HasSubstr("4 executors on this node and 5 at the coordinator"));
}

TEST_F(WorkerTest, ends_at_once_when_its_lease_is_over) {
  submission.properties["then"] = "waits";
  Led& a = lead("a");
  WorkerOrder mine = order("a");
  a.begin(mine, submission);
  begin_all(mine, {{"a", &a}});
  a.report(WorkerState::running);
  a.process().set_lease(SystemClock().steady_ns());
  EXPECT_EQ(a.gone(), "exited with code 75");
  Led& never = lead("b", time_min);
  EXPECT_EQ(never.gone(), "exited with code 75");
}

// Its node is gone: the channel ends.
TEST_F(WorkerTest, does_not_outlive_its_node) {
  int channel[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel), 0);
  LeasePage lease = LeasePage::make().value();
  lease.set(later());
  // Above the numbers that they are to have.
  int channel_end = ::fcntl(channel[1], F_DUPFD_CLOEXEC, 10);
  int page = ::fcntl(lease.file(), F_DUPFD_CLOEXEC, 10);
  pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(channel_end, worker_channel_file);
    ::dup2(page, worker_lease_file);
    ::execl(DNSTORM_TEST_CHILD, DNSTORM_TEST_CHILD, "a", nullptr);
    ::_exit(127);
  }
  for (int file : {channel_end, page, channel[1], channel[0]}) ::close(file);
  int how = -1;
  EXPECT_EQ(::waitpid(pid, &how, 0), pid);
  EXPECT_TRUE(WIFEXITED(how));
  EXPECT_EQ(WEXITSTATUS(how), 0);
}

}  // namespace
}  // namespace dnstorm::cluster
