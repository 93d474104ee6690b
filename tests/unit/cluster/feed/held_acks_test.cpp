#include "cluster/feed/held_acks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "cluster/feed/book.hpp"
#include "cluster/feed/outbox.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class HeldAcksTest : public ::testing::Test {
 protected:
  static FeedAck ack(std::uint64_t sequence, std::uint64_t incarnation = 1) {
    return {"dns-1-1", incarnation, sequence};
  }
  HeldAcks::IsSettled is_settled() {
    return [this](std::uint64_t mark) { return settled.contains(mark); };
  }
  std::optional<std::uint64_t> told(const std::string& node = "n1") {
    auto ack = acks.of(node, is_settled());
    return ack ? std::optional(ack->sequence) : std::nullopt;
  }
  HeldAcks acks;
  std::set<std::uint64_t> settled;
};

TEST_F(HeldAcksTest, TellsAtOnceWhatNobodyKeeps) {
  EXPECT_EQ(told(), std::nullopt);
  acks.hold("n1", ack(1), {});
  EXPECT_EQ(told(), 1u);
  EXPECT_THAT(acks.due(is_settled()), IsEmpty());
}

TEST_F(HeldAcksTest, WaitsForWhatIsKeptAndForAllBeforeIt) {
  acks.hold("n1", ack(1), {});
  acks.hold("n1", ack(2), {10, 11});
  acks.hold("n1", ack(3), {12});
  acks.hold("n1", ack(4), {});
  EXPECT_EQ(told(), 1u);
  settled = {11, 12};
  EXPECT_THAT(acks.due(is_settled()), IsEmpty());
  settled = {10, 11};
  auto due = acks.due(is_settled());
  ASSERT_THAT(due, SizeIs(1));
  EXPECT_EQ(due[0].first, "n1");
  EXPECT_EQ(due[0].second, ack(2));
  EXPECT_THAT(acks.due(is_settled()), IsEmpty()) << "told once";
  settled.insert(12);
  EXPECT_EQ(acks.due(is_settled()).at(0).second, ack(4));
  EXPECT_THAT(acks.due(is_settled()), IsEmpty());
  acks.hold("n1", ack(4), {});  // a word that came again is confirmed again
  EXPECT_EQ(told(), 4u);
}

TEST_F(HeldAcksTest, TellsWorkersApartAndForgetsThoseOfAnIncarnationThatIsOver) {
  acks.hold("n1", ack(1), {10});
  acks.hold("n2", ack(7), {});
  EXPECT_EQ(told("n1"), std::nullopt);
  EXPECT_EQ(told("n2"), 7u);
  acks.hold("n1", ack(1, 2), {11});
  settled = {10};
  EXPECT_EQ(told("n1"), std::nullopt);
  settled = {11};
  EXPECT_EQ(acks.due(is_settled()).at(0).second, ack(1, 2));
}

FeedFrame frame(const std::string& view, TimeNs second) {
  FeedFrame frame;
  frame.source = frame.panel = frame.view = view;
  frame.start = (second - 1) * ns_per_s;
  frame.end = second * ns_per_s;
  frame.columns = {"count"};
  frame.rows = {{"a", {1}}};
  return frame;
}

// A worker, and coordinators that are killed again and again with what they have not written yet.
// They write now and then, and confirm it later still; the way between loses words and answers.
class Killed {
 public:
  explicit Killed(std::uint64_t seed) : random_(seed) {}

  // What is on disks in the end, by view: each window.
  std::map<std::string, std::set<TimeNs>> run(TimeNs windows) {
    while (second_ < windows || outbox_.waiting() != 0 || confirmed_ != told_) step(windows);
    return disk_;
  }
  int killed() const { return killed_; }

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }

  void step(TimeNs windows) {
    now_ += 500 * ns_per_ms;
    if (second_ < windows && chance(60)) {
      ++second_;
      for (const char* view : {"points", "series", "wall"}) outbox_.publish(frame(view, second_));
    }
    for (FeedNews& word : outbox_.take(now_)) {
      told_ = std::max(told_, word.sequence);
      if (!chance(15)) take(std::move(word));
    }
    if (chance(30)) write();
    for (auto& [node, ack] : acks_.due([&](auto mark) { return written_.contains(mark); }))
      confirm(ack);
    if (chance(10)) kill();
  }
  void take(FeedNews word) {
    word.node = "n1";
    word.topology = "dns-1-1";
    word.incarnation = 1;
    FeedBook::Taken taken = book_.take(word);
    std::vector<std::uint64_t> marks;
    for (const FeedFrame& frame : taken.frames)
      if (frame.view != "wall") {
        marks.push_back(++mark_);
        memory_.emplace_back(mark_, frame);
      }
    if (!taken.ack) return;
    acks_.hold(word.node, *taken.ack, marks);
    if (auto ack = acks_.of(word.node, [&](auto mark) { return written_.contains(mark); }))
      confirm(*ack);
  }
  void confirm(const FeedAck& ack) {
    if (chance(15)) return;
    outbox_.confirm(ack.sequence, now_);
    confirmed_ = std::max(confirmed_, ack.sequence);
  }
  void write() {
    for (const auto& [mark, frame] : memory_) {
      disk_[frame.view].insert(frame.end / ns_per_s);
      written_.insert(mark);
    }
    memory_.clear();
  }
  void kill() {
    ++killed_;
    book_ = FeedBook();
    acks_ = HeldAcks();
    memory_.clear();
  }

  std::mt19937_64 random_;
  FeedOutbox outbox_;
  FeedBook book_;
  HeldAcks acks_;
  std::vector<std::pair<std::uint64_t, FeedFrame>> memory_;
  std::set<std::uint64_t> written_;
  std::map<std::string, std::set<TimeNs>> disk_;
  TimeNs now_ = 0, second_ = 0;
  std::uint64_t mark_ = 0, told_ = 0, confirmed_ = 0;
  int killed_ = 0;
};

TEST(HeldAcksSimulation, NothingThatIsKeptIsLostWithACoordinator) {
  int killed = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Killed lab(seed);
    auto disk = lab.run(60);
    EXPECT_THAT(disk["points"], SizeIs(60)) << "seed " << seed;
    EXPECT_THAT(disk["series"], SizeIs(60)) << "seed " << seed;
    killed += lab.killed();
  }
  EXPECT_GT(killed, 1000);
}

}  // namespace
}  // namespace dnstorm::cluster
