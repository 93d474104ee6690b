// The election and the store against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "cluster/zookeeper/election.hpp"
#include "cluster/zookeeper/zookeeper_store.hpp"
#include "tests/unit/cluster/records.hpp"
#include "tests/unit/cluster/zookeeper/zoo_server.hpp"

#ifdef __SANITIZE_THREAD__
// The client's library writes the address of its server into a buffer that all sessions share; it
// is for messages alone.
extern "C" const char* __tsan_default_suppressions() { return "race:libzookeeper_mt.so\n"; }
#endif

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;
using Kind = ElectionEvent::Kind;
constexpr int long_enough_s = 60;  // for a server that is started on a busy machine
const SystemClock system_clock;

// A coordinator as far as elections know it.
class Candidate {
 public:
  Candidate(const std::string& servers, const std::string& name,
            DurationNs session_timeout = 2 * ns_per_s)
      : election_(Election::start({servers, name, session_timeout}, system_clock,
                                  [this](const ElectionEvent& event) { take(event); })) {}

  // Waits for the next event of that kind, passing over others; its term.
  std::optional<std::uint64_t> wait(Kind kind, int seconds = long_enough_s) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!changed_.wait_until(lock, end, [this] { return !events_.empty(); })) return std::nullopt;
      ElectionEvent event = events_.front();
      events_.pop_front();
      if (event.kind == kind) return event.term;
    }
  }
  bool leads() const { return system_clock.steady_ns() < election_->lead_until(); }

 private:
  void take(const ElectionEvent& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<ElectionEvent> events_;
  std::unique_ptr<Election> election_;  // last: its thread uses what stands above
};

// A candidate in a process of its own. The constructor returns when it leads.
class LeaderProcess {
 public:
  explicit LeaderProcess(const std::string& servers) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    process_ = ::fork();
    if (process_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      Candidate candidate(servers, "c1", 4 * ns_per_s);
      char term = static_cast<char>(candidate.wait(Kind::gained).value_or(0));
      if (::write(ends[1], &term, 1) == 1)
        for (;;) ::pause();
      ::_exit(1);
    }
    char term = 0;
    EXPECT_EQ(::read(ends[0], &term, 1), 1);
    term_ = static_cast<std::uint64_t>(term);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  LeaderProcess(const LeaderProcess&) = delete;
  LeaderProcess& operator=(const LeaderProcess&) = delete;
  ~LeaderProcess() { kill(); }
  std::uint64_t term() const { return term_; }
  void kill() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
  std::uint64_t term_ = 0;
};

class ZooKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ZooServer::installed()) GTEST_SKIP() << "no java, or no " << ZooServer::jar;
  }
};

TEST_F(ZooKeeperTest, AnotherLeadsWithinTenSecondsOfTheLeadersDeath) {
  ZooServer server(2000);  // the usual tick: it decides when a session is seen to be over
  LeaderProcess leader(server.address() + "/a/b");
  EXPECT_EQ(leader.term(), 1U);
  Candidate other(server.address() + "/a/b", "c2", 4 * ns_per_s);
  // Elections below another path have nothing to do with it. It has had its turn behind `other`.
  Candidate elsewhere(server.address() + "/c", "c3", 4 * ns_per_s);
  EXPECT_EQ(elsewhere.wait(Kind::gained), 1U);
  EXPECT_FALSE(other.leads());
  leader.kill();
  EXPECT_EQ(other.wait(Kind::gained, 10), 2U);
  EXPECT_TRUE(other.leads());
}

TEST_F(ZooKeeperTest, WhoLeavesGivesUpTheLeadAtOnce) {
  ZooServer server(200);
  auto first = std::make_unique<Candidate>(server.address(), "c1");
  EXPECT_EQ(first->wait(Kind::gained), 1U);
  Candidate second(server.address(), "c2", 20 * ns_per_s);
  first.reset();
  EXPECT_EQ(second.wait(Kind::gained), 2U);
}

TEST_F(ZooKeeperTest, ALeaderIsSuspendedWhileTheServerIsGoneAndLeadsAgainInAHigherTerm) {
  ZooServer server(200);
  Candidate candidate(server.address(), "c1");
  EXPECT_EQ(candidate.wait(Kind::gained), 1U);
  server.kill();
  EXPECT_TRUE(candidate.wait(Kind::suspended));
  EXPECT_FALSE(candidate.leads());
  server.start();
  EXPECT_EQ(candidate.wait(Kind::gained), 2U);
  // A server that hangs is no better than none.
  server.pause();
  EXPECT_TRUE(candidate.wait(Kind::suspended));
  server.resume();
  EXPECT_EQ(candidate.wait(Kind::gained), 3U);
}

TEST_F(ZooKeeperTest, TheStoreGivesBackWhatWasSaved) {
  ZooServer server(200);
  Candidate candidate(server.address() + "/dnstorm", "c1");
  auto term = candidate.wait(Kind::gained);
  ASSERT_TRUE(term);
  StoredState expected = make_state();
  expected.topologies = {make_record("a-1-2"), make_record("b/../x-2-3", 500'000)};
  ZooKeeperStore store(server.address() + "/dnstorm");
  store.lead(*term);
  EXPECT_EQ(*store.load(), StoredState{});
  ASSERT_TRUE(store.save(make_record("b/../x-2-3")).ok());
  for (const TopologyRecord& record : expected.topologies) ASSERT_TRUE(store.save(record).ok());
  ASSERT_TRUE(store.save(make_record("gone")).ok());
  ASSERT_TRUE(store.remove("gone").ok());
  ASSERT_TRUE(store.remove("unknown").ok());
  ASSERT_TRUE(store.save_cluster(make_state()).ok());
  EXPECT_EQ(*store.load(), expected);
  auto large = store.save(make_record("large", 2'000'000));
  ASSERT_FALSE(large.ok());
  EXPECT_THAT(large.error().what, HasSubstr("does not fit"));

  // Another process, after the server has crashed.
  server.kill();
  auto unreachable = store.save_cluster(make_state());
  ASSERT_FALSE(unreachable.ok());
  EXPECT_EQ(unreachable.error().kind, ErrorKind::unavailable);
  EXPECT_TRUE(candidate.wait(Kind::suspended));
  server.start();
  term = candidate.wait(Kind::gained);
  ASSERT_TRUE(term);
  ZooKeeperStore again(server.address() + "/dnstorm");
  again.lead(*term);
  EXPECT_EQ(*again.load(), expected);
  // The old store finds its way back, too.
  store.lead(*term);
  EXPECT_EQ(*store.load(), expected);
}

TEST_F(ZooKeeperTest, WhatAnOldLeaderWritesIsRefused) {
  ZooServer server(200);
  auto first = std::make_unique<Candidate>(server.address(), "c1");
  auto old_term = first->wait(Kind::gained);
  ASSERT_TRUE(old_term);
  ZooKeeperStore old_store(server.address());
  old_store.lead(*old_term);
  ASSERT_TRUE(old_store.save(make_record("a")).ok());
  Candidate second(server.address(), "c2");
  first.reset();
  auto term = second.wait(Kind::gained);
  ASSERT_TRUE(term);
  for (const auto& refused : {old_store.save(make_record("a", 1)), old_store.save(make_record("b")),
                              old_store.remove("a"), old_store.save_cluster(make_state())}) {
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().what, HasSubstr("another coordinator leads, term 1 is over"));
  }
  EXPECT_FALSE(old_store.load().ok());
  ZooKeeperStore store(server.address());
  EXPECT_FALSE(store.load().ok());  // it does not lead
  store.lead(*term);
  StoredState expected;
  expected.topologies = {make_record("a")};
  EXPECT_EQ(*store.load(), expected);
}

}  // namespace
}  // namespace dnstorm::cluster
