#include "cluster/node/node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// A node and a hand that plays its coordinator, its peers and its workers.
class NodeTest : public ::testing::Test {
 protected:
  NodeTest() : node_(options(), now_) { node_.bound("tcp://a:1"); }

  static NodeOptions options() {
    NodeOptions options;
    options.name = "a";
    options.session = "s1";
    options.worker_timeout = 200 * ns_per_s;
    return options;
  }
  static Submission topology() {
    Submission submission;
    submission.name = "dns";
    return submission;
  }
  static WorkerOrder order(std::uint64_t incarnation, WorkerPhase phase = WorkerPhase::prepare) {
    WorkerOrder order;
    order.topology = "dns-1";
    order.submission = digest(topology());
    order.assignment.incarnation = incarnation;
    order.phase = phase;
    return order;
  }
  // What answers its newest report.
  Orders orders(std::vector<WorkerOrder> workers, std::vector<std::string> members = {"a"}) {
    Orders orders;
    orders.term = 1;
    orders.version = ++version_;
    orders.session = "s1";
    orders.answers = report_.sequence;
    orders.content = report_.content;
    orders.lease = 3 * ns_per_s;
    orders.members.version = version_;
    for (const std::string& name : members)
      orders.members.all.push_back({name, "tcp://" + name, ""});
    orders.workers = std::move(workers);
    orders.submissions[digest(topology())] = topology();
    return orders;
  }
  void take(const Orders& orders) {
    node_.take(orders, now_);
    settle();
  }
  // Its report of what has changed goes out.
  void settle() {
    collect();
    pass(20 * ns_per_ms);
  }
  void pass(DurationNs time) {
    for (TimeNs end = now_ + time; now_ < end;) {
      now_ = std::min(end, std::max(now_ + ns_per_ms, node_.next_time()));
      node_.tick(now_, now_);
      collect();
    }
  }
  void say(WorkerState state, std::uint64_t incarnation = 1) {
    WorkerReport report;
    report.topology = "dns-1";
    report.incarnation = incarnation;
    report.state = state;
    node_.worker_says(report, now_);
    settle();
  }
  void collect() {
    for (NodeOutput& output : node_.take_outputs()) {
      if (auto* report = std::get_if<SendReport>(&output)) {
        report_ = report->report;
        reported_at_ = now_;
        if (!report_.unchanged) whole_ = report_;
      }
      if (std::holds_alternative<StartWorker>(output)) ++started_;
      if (auto* stop = std::get_if<StopWorker>(&output)) stops_.push_back(*stop);
      if (auto* tell = std::get_if<TellWorker>(&output)) told_.push_back(tell->order);
      if (auto* ping = std::get_if<SendPing>(&output)) pings_.push_back(*ping);
      if (std::holds_alternative<SendPong>(output)) ++pongs_;
      if (auto* part = std::get_if<ForwardState>(&output)) parts_.push_back(part->part);
      if (std::holds_alternative<GiveState>(output)) ++given_;
    }
  }
  void run_one() {
    pass(300 * ns_per_ms);
    take(orders({order(1)}));
    say(WorkerState::starting);
    say(WorkerState::prepared);
    take(orders({order(1, WorkerPhase::run)}));
    say(WorkerState::running);
  }

  TimeNs now_ = 100 * ns_per_s;
  Node node_;
  std::uint64_t version_ = 0;
  Report report_, whole_;
  TimeNs reported_at_ = 0;
  int started_ = 0, pongs_ = 0, given_ = 0;
  std::vector<StopWorker> stops_;
  std::vector<WorkerOrder> told_;
  std::vector<SendPing> pings_;
  std::vector<StatePart> parts_;
};

TEST_F(NodeTest, N12_StartsTellsAndEndsAWorker) {
  run_one();
  EXPECT_EQ(started_, 1);
  ASSERT_FALSE(told_.empty());
  EXPECT_EQ(told_.back().phase, WorkerPhase::run);
  ASSERT_THAT(whole_.workers, SizeIs(1));
  EXPECT_EQ(whole_.workers[0].state, WorkerState::running);
  take(orders({}));
  ASSERT_THAT(stops_, SizeIs(1));
  EXPECT_FALSE(stops_[0].at_once);
  node_.worker_gone("dns-1", 1, "stopped", now_);
  settle();
  EXPECT_THAT(whole_.workers, SizeIs(0));
}

TEST_F(NodeTest, N12_AnotherIncarnationBeginsOnlyWhenTheOneBeforeIsGone) {
  run_one();
  take(orders({order(2)}));
  EXPECT_EQ(started_, 1);
  node_.worker_gone("dns-1", 1, "stopped", now_);
  settle();
  EXPECT_EQ(started_, 2);
}

TEST_F(NodeTest, N12_AWorkerThatDoesNotEndIsKilled) {
  run_one();
  take(orders({}));
  for (int i = 0; i < 50; ++i) {
    pass(300 * ns_per_ms);
    take(orders({}));
  }
  ASSERT_THAT(stops_, SizeIs(2));
  EXPECT_TRUE(stops_[1].at_once);
}

TEST_F(NodeTest, N12_AWorkerThatSaysNothingIsKilled) {
  run_one();
  pass(150 * ns_per_s);
  say(WorkerState::running);
  pass(150 * ns_per_s);
  EXPECT_THAT(stops_, SizeIs(0));
  pass(60 * ns_per_s);
  ASSERT_THAT(stops_, SizeIs(1));
  EXPECT_TRUE(stops_[0].at_once);
  EXPECT_THAT(whole_.workers[0].error, HasSubstr("has said nothing for"));
}

TEST_F(NodeTest, AnIncarnationThatHasEndedIsNeverStartedAgain) {
  run_one();
  node_.worker_gone("dns-1", 1, "killed by signal 9", now_);
  settle();
  ASSERT_THAT(whole_.workers, SizeIs(1));
  EXPECT_EQ(whole_.workers[0].state, WorkerState::failed);
  EXPECT_THAT(whole_.workers[0].error, HasSubstr("killed by signal 9"));
  take(orders({}));
  EXPECT_THAT(whole_.workers, SizeIs(0));
  take(orders({order(1)}));
  EXPECT_EQ(started_, 1);
  ASSERT_THAT(whole_.workers, SizeIs(1));
  EXPECT_EQ(whole_.workers[0].state, WorkerState::failed);
}

TEST_F(NodeTest, OrdersOfOlderTermsVersionsAndSessionsAreIgnored) {
  run_one();
  Orders late = orders({});
  late.version = 1;
  take(late);
  Orders deposed = orders({});
  Orders newer = orders({order(1, WorkerPhase::run)});
  newer.term = 2;
  take(newer);
  take(deposed);
  Orders foreign = orders({});
  foreign.session = "s0";
  foreign.term = 3;
  take(foreign);
  EXPECT_THAT(stops_, SizeIs(0));
  EXPECT_EQ(whole_.term, 2u);
}

TEST_F(NodeTest, NothingGoesBackUnderANewCoordinatorThatKnowsLess) {
  run_one();
  told_.clear();
  Orders adopting = orders({order(1, WorkerPhase::prepare)});
  adopting.term = 2;
  take(adopting);
  EXPECT_THAT(told_, SizeIs(0));
}

TEST_F(NodeTest, WithoutNewsReportsAreShort) {
  run_one();
  Orders answer = orders({order(1, WorkerPhase::run)});
  take(answer);
  answer.answers = report_.sequence;
  answer.content = report_.content;
  answer.unchanged = true;
  take(answer);
  pass(300 * ns_per_ms);
  EXPECT_TRUE(report_.unchanged);
  EXPECT_THAT(report_.workers, SizeIs(0));
  say(WorkerState::finished);
  EXPECT_FALSE(report_.unchanged);
}

TEST_F(NodeTest, ALeaseCountsFromTheReportThatIsAnswered) {
  pass(300 * ns_per_ms);
  TimeNs sent = reported_at_;
  Orders answer = orders({order(1)}, {"a", "b", "c"});
  now_ += 2 * ns_per_s;  // nothing is sent meanwhile
  take(answer);
  EXPECT_EQ(node_.lease_until(), sent + 3 * ns_per_s);
  EXPECT_EQ(started_, 1);
  pass(2 * ns_per_s);
  ASSERT_THAT(stops_, SizeIs(1));
  EXPECT_TRUE(stops_[0].at_once);
  EXPECT_THAT(whole_.workers[0].error, HasSubstr("cut off"));
}

TEST_F(NodeTest, WithoutALeaseNothingIsStarted) {
  Orders push = orders({order(1)});
  push.answers = 0;
  take(push);
  EXPECT_EQ(started_, 0);
  pass(300 * ns_per_ms);
  take(orders({order(1)}));
  EXPECT_EQ(started_, 1);
}

TEST_F(NodeTest, TheOnlyMemberNeedsNobodysWord) {
  run_one();
  pass(60 * ns_per_s);
  EXPECT_THAT(stops_, SizeIs(0));
}

TEST_F(NodeTest, PongsOfAMajorityPutOffTheEnd) {
  run_one();
  take(orders({order(1, WorkerPhase::run)}, {"a", "b", "c"}));
  for (int i = 0; i < 100; ++i) {
    pass(100 * ns_per_ms);
    for (const SendPing& ping : std::exchange(pings_, {}))
      if (ping.node == "b") node_.take(Pong{"b", ping.ping.sequence}, now_);
    collect();
  }
  EXPECT_THAT(stops_, SizeIs(0));
  EXPECT_FALSE(node_.has_coordinator(now_));
  pass(4 * ns_per_s);  // nobody answers
  EXPECT_THAT(stops_, SizeIs(1));
}

TEST_F(NodeTest, AnswersMembersThatAreNotFencedButNotInTheFirstLeaseOfItsLife) {
  run_one();
  Orders answer = orders({order(1, WorkerPhase::run)}, {"a", "b", "c"});
  answer.fenced = {"c"};
  take(answer);
  node_.take(Ping{"b", 1}, now_);
  collect();
  EXPECT_EQ(pongs_, 0);
  now_ += 4 * ns_per_s;
  for (const char* name : {"b", "c", "stranger"}) node_.take(Ping{name, 2}, now_);
  collect();
  EXPECT_EQ(pongs_, 1);
  EXPECT_THAT(whole_.fenced, ::testing::ElementsAre("c"));
}

TEST_F(NodeTest, StatesAreRepeatedUntilACheckpointHasThem) {
  run_one();
  StatePart part{"dns-1", 1, 7, 0, "state"};
  node_.worker_saved(part, now_);
  collect();
  ASSERT_THAT(parts_, SizeIs(1));
  auto wait = [&](std::uint64_t saved) {
    for (int i = 0; i < 10; ++i) {
      WorkerOrder is = order(1, WorkerPhase::run);
      is.saved = saved;
      take(orders({is}));
      pass(300 * ns_per_ms);
    }
  };
  wait(6);
  EXPECT_THAT(parts_, SizeIs(2));
  wait(7);
  wait(7);
  wait(7);
  EXPECT_THAT(parts_, SizeIs(2));
}

TEST_F(NodeTest, StatesToBeginFromWaitForTheWorkersFirstWordAndAreGivenOnce) {
  pass(300 * ns_per_ms);
  WorkerOrder from = order(1);
  from.restore = 5;
  take(orders({from}));
  StatePart part{"dns-1", 1, 5, 0, "state"};
  node_.take(part, now_);
  collect();
  EXPECT_EQ(given_, 0);
  say(WorkerState::starting);
  EXPECT_EQ(given_, 1);
  node_.take(part, now_);
  collect();
  EXPECT_EQ(given_, 1);
}

TEST_F(NodeTest, ARefusalIsToldAndGivesNoLease) {
  pass(300 * ns_per_ms);
  Orders no = orders({order(1)});
  no.refused = "its clock is off";
  take(no);
  EXPECT_EQ(started_, 0);
  EXPECT_EQ(node_.lease_until(), time_min);
}

}  // namespace
}  // namespace dnstorm::cluster
