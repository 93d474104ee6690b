#include "cluster/zookeeper/election_machine.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace dnstorm::cluster {
namespace {

constexpr DurationNs timeout = 6 * ns_per_s;
constexpr DurationNs trust = 4 * ns_per_s;

// The machine and what it asks for.
class ElectionMachineTest : public ::testing::Test {
 protected:
  // The next action, which must be of that kind.
  template <class T>
  T next() {
    for (ElectionAction& action : machine_.take_actions()) actions_.push_back(std::move(action));
    if (actions_.empty() || !std::holds_alternative<T>(actions_.front())) {
      ADD_FAILURE() << "other action: "
                    << (actions_.empty() ? -1 : static_cast<int>(actions_.front().index()));
      return {};
    }
    T found = std::get<T>(actions_.front());
    actions_.erase(actions_.begin());
    return found;
  }
  bool idle() {
    for (ElectionAction& action : machine_.take_actions()) actions_.push_back(std::move(action));
    return actions_.empty();
  }
  void list(const std::string& own, std::vector<std::string> all) {
    machine_.entered(next<EnterElection>().round, ZooAnswer::done, own, now_);
    machine_.listed(next<ListCandidates>().round, ZooAnswer::done, std::move(all), now_);
  }
  void lead(std::uint64_t term) {
    machine_.connected(timeout, now_);
    list("a-0000000007", {"a-0000000007"});
    machine_.taken(next<TakeLead>().round, ZooAnswer::done, term, now_);
    ElectionEvent event = next<ElectionEvent>();
    EXPECT_EQ(event.kind, ElectionEvent::Kind::gained);
    EXPECT_EQ(event.term, term);
  }
  void expect_event(ElectionEvent::Kind kind) { EXPECT_EQ(next<ElectionEvent>().kind, kind); }

  ElectionMachine machine_;
  std::vector<ElectionAction> actions_;
  TimeNs now_ = 100 * ns_per_s;
};

TEST_F(ElectionMachineTest, TheFirstCandidateLeads) {
  machine_.connected(timeout, now_);
  list("b-0000000002", {"z-0000000003", "b-0000000002", "a-0000000010"});
  TakeLead take = next<TakeLead>();
  EXPECT_EQ(take.node, "b-0000000002");
  EXPECT_EQ(machine_.lead_until(), time_min);
  machine_.taken(take.round, ZooAnswer::done, 5, now_ + ns_per_s);
  EXPECT_EQ(next<ElectionEvent>().term, 5U);
  // Counted from when it was asked for.
  EXPECT_EQ(machine_.lead_until(), now_ + trust);
}

TEST_F(ElectionMachineTest, OthersWatchTheOneBeforeTheirs) {
  machine_.connected(timeout, now_);
  list("b-0000000009", {"b-0000000009", "a-0000000010", "c-0000000003", "d-0000000005"});
  WatchCandidate watch = next<WatchCandidate>();
  EXPECT_EQ(watch.node, "d-0000000005");
  machine_.watched(watch.round, ZooAnswer::done, now_);
  EXPECT_TRUE(idle());
  EXPECT_EQ(machine_.next_time(), time_max);
  machine_.changed(now_);
  machine_.listed(next<ListCandidates>().round, ZooAnswer::done, {"b-0000000009"}, now_);
  next<TakeLead>();
}

TEST_F(ElectionMachineTest, LooksAgainIfTheOneBeforeWentMeanwhile) {
  machine_.connected(timeout, now_);
  list("b-0000000009", {"a-0000000008", "b-0000000009"});
  machine_.watched(next<WatchCandidate>().round, ZooAnswer::gone, now_);
  next<ListCandidates>();
}

TEST_F(ElectionMachineTest, ProbesExtendTheLeadFromWhenTheyWereSent) {
  lead(1);
  now_ = machine_.next_time();
  EXPECT_EQ(now_, 101 * ns_per_s);
  machine_.tick(now_);
  ProbeCandidate probe = next<ProbeCandidate>();
  EXPECT_EQ(probe.sent, now_);
  machine_.probed(probe.round, ZooAnswer::done, probe.sent, now_ + 2 * ns_per_s);
  EXPECT_EQ(machine_.lead_until(), now_ + trust);
}

TEST_F(ElectionMachineTest, IsSuspendedBeforeItsSessionCanHaveExpired) {
  lead(1);
  TimeNs until = machine_.lead_until();
  machine_.disconnected(now_ + ns_per_s);
  expect_event(ElectionEvent::Kind::trouble);
  EXPECT_EQ(machine_.next_time(), until);
  machine_.tick(until - 1);
  EXPECT_TRUE(idle());
  machine_.tick(until);
  expect_event(ElectionEvent::Kind::suspended);
  EXPECT_EQ(machine_.lead_until(), time_min);
  // The session was kept: it leads anew, in a higher term.
  now_ = until + ns_per_s;
  lead(2);
}

TEST_F(ElectionMachineTest, IsSuspendedWhenAnswersStayAwayWithoutADisconnect) {
  lead(1);
  TimeNs until = machine_.lead_until();
  for (now_ = machine_.next_time(); now_ < until; now_ = machine_.next_time()) {
    machine_.tick(now_);
    next<ProbeCandidate>();
  }
  machine_.tick(until);
  expect_event(ElectionEvent::Kind::suspended);
  machine_.tick(machine_.next_time());
  next<EnterElection>();
}

TEST_F(ElectionMachineTest, AShortLossOfTheConnectionChangesNothing) {
  lead(1);
  machine_.disconnected(now_);
  expect_event(ElectionEvent::Kind::trouble);
  machine_.connected(timeout, now_ + ns_per_s);
  EXPECT_TRUE(idle());
  machine_.tick(now_ + ns_per_s);
  next<ProbeCandidate>();
}

TEST_F(ElectionMachineTest, AnExpiredSessionLosesTheLeadAndBeginsAnother) {
  lead(1);
  machine_.expired(now_);
  expect_event(ElectionEvent::Kind::lost);
  next<BeginSession>();
  EXPECT_EQ(machine_.lead_until(), time_min);
  machine_.connected(timeout, now_);
  next<EnterElection>();
}

TEST_F(ElectionMachineTest, AProbeThatFindsNoNodeLosesTheLead) {
  lead(1);
  machine_.tick(machine_.next_time());
  machine_.probed(next<ProbeCandidate>().round, ZooAnswer::gone, now_, now_);
  expect_event(ElectionEvent::Kind::lost);
  next<EnterElection>();
}

TEST_F(ElectionMachineTest, AnswersOfEarlierRoundsAreDropped) {
  machine_.connected(timeout, now_);
  list("a-0000000001", {"a-0000000001"});
  TakeLead take = next<TakeLead>();
  machine_.disconnected(now_);
  expect_event(ElectionEvent::Kind::trouble);
  machine_.connected(timeout, now_);
  machine_.taken(take.round, ZooAnswer::done, 9, now_);
  EXPECT_EQ(machine_.lead_until(), time_min);
  next<EnterElection>();
  EXPECT_TRUE(idle());
}

TEST_F(ElectionMachineTest, ALateAnswerGivesNoLead) {
  machine_.connected(timeout, now_);
  list("a-0000000001", {"a-0000000001"});
  machine_.taken(next<TakeLead>().round, ZooAnswer::done, 9, now_ + trust);
  expect_event(ElectionEvent::Kind::trouble);
  EXPECT_EQ(machine_.lead_until(), time_min);
}

TEST_F(ElectionMachineTest, TriesAgainAfterAPause) {
  machine_.connected(timeout, now_);
  machine_.entered(next<EnterElection>().round, ZooAnswer::failed, "", now_);
  expect_event(ElectionEvent::Kind::trouble);
  EXPECT_EQ(machine_.next_time(), now_ + ns_per_s);
  machine_.tick(now_ + ns_per_s);
  list("a-0000000001", {"b-0000000001"});  // its own is not there any more
  next<EnterElection>();
}

TEST_F(ElectionMachineTest, TheFirstOfTwoCandidatesOfASessionCounts) {
  machine_.connected(timeout, now_);
  list("a-0000000004", {"a-0000000002", "a-0000000004"});
  EXPECT_EQ(next<TakeLead>().node, "a-0000000002");
}

}  // namespace
}  // namespace dnstorm::cluster
