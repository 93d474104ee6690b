#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "cluster/feed/book.hpp"
#include "cluster/feed/outbox.hpp"

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedFrame frame(const std::string& view, TimeNs second, std::vector<FeedRow> rows) {
  FeedFrame frame;
  frame.source = "sink";
  frame.panel = view;
  frame.view = view;
  frame.title = "Names";
  frame.start = (second - 1) * ns_per_s;
  frame.end = second * ns_per_s;
  frame.columns = {"count"};
  frame.rows = std::move(rows);
  return frame;
}

// What a page would show of a wall, and the ends of its other frames.
struct Shown {
  std::map<std::string, double> wall;
  std::vector<TimeNs> ends;
  std::vector<std::string> notes;

  void take(FeedBook::Taken taken) {
    for (const FeedFrame& frame : taken.frames) {
      if (frame.view == "wall")
        for (const FeedRow& row : frame.rows) wall[row.key] += row.values.at(0);
      else
        ends.push_back(frame.end / ns_per_s);
    }
    notes.insert(notes.end(), taken.notes.begin(), taken.notes.end());
  }
};

FeedNews of(FeedNews word, std::uint64_t incarnation, const std::string& node = "n1") {
  word.node = node;
  word.topology = "dns-1-1";
  word.incarnation = incarnation;
  return word;
}

// A worker and a coordinator with a way between them that always works.
class FeedTest : public ::testing::Test {
 protected:
  void deliver(TimeNs now = 0) {
    for (auto words = outbox.take(now); !words.empty(); words = outbox.take(now))
      for (const FeedNews& word : words) deliver(of(word, incarnation), now);
  }
  void deliver(const FeedNews& word, TimeNs now) {
    FeedBook::Taken taken = book.take(word);
    if (taken.ack) outbox.confirm(taken.ack->sequence, now);
    shown.take(std::move(taken));
  }
  void restart() {
    outbox = FeedOutbox();
    ++incarnation;
  }

  FeedOutbox outbox;
  FeedBook book;
  Shown shown;
  std::uint64_t incarnation = 1;
};

TEST_F(FeedTest, CarriesFramesAsTheyAre) {
  FeedFrame odd = frame("table", 3, {{"caf\xe9 <b>", {1.5, -2}}, {"", {}}});
  auto decoded = decode_frames(encode_frames({{odd, 7}}));
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->size(), 1u);
  const FeedFrame& back = decoded->front().frame;
  EXPECT_EQ(back.source, "sink");
  EXPECT_EQ(back.title, "Names");
  EXPECT_EQ(back.end, 3 * ns_per_s);
  EXPECT_EQ(back.rows.at(0).key, "caf\xe9 <b>");
  EXPECT_EQ(back.rows.at(0).values, (std::vector<double>{1.5, -2}));
  EXPECT_THAT(back.rows.at(1).values, IsEmpty());
  EXPECT_EQ(decoded->front().first_end, 7);
}

TEST_F(FeedTest, RefusesBytesThatAreNoFrames) {
  const std::string good = encode_frames({{frame("wall", 1, {{"a", {1}}}), 1}});
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_frames(good.substr(0, size)).ok()) << size;
  std::string newer = good;
  newer[1] = 3;
  EXPECT_FALSE(decode_frames(newer).ok());
  newer[0] = 3;  // newer, but it says that this version can read it
  newer[1] = 1;
  EXPECT_TRUE(decode_frames(newer).ok());
  std::string huge = good;
  huge[9] = 1;
  EXPECT_FALSE(decode_frames(huge).ok());
}

TEST_F(FeedTest, KeepsEveryWindowOfAWallAndTheNewestOfTheRest) {
  for (TimeNs second = 1; second <= 3; ++second) {
    outbox.publish(frame("wall", second, {{"a", {1}}, {"b", {2}}}));
    outbox.publish(frame("table", second, {{"a", {double(second)}}}));
    outbox.publish(frame("totals", second, {{std::to_string(9 - second), {1}}, {"all", {1}}}));
  }
  EXPECT_EQ(outbox.waiting(), 5u);
  auto words = outbox.take(0);
  ASSERT_THAT(words, SizeIs(1));
  auto frames = *decode_frames(words[0].bytes);
  ASSERT_THAT(frames, SizeIs(5));
  EXPECT_EQ(frames[3].frame.rows.at(0).values.at(0), 3);
  // A total of each key, whenever it was told, in the order of their coming.
  std::vector<std::string> keys;
  for (const FeedRow& row : frames[4].frame.rows) keys.push_back(row.key);
  EXPECT_THAT(keys, ElementsAre("8", "all", "7", "6"));
  deliver(of(words[0], 1), 0);
  EXPECT_THAT(shown.wall, ElementsAre(std::pair("a", 3.0), std::pair("b", 6.0)));
}

TEST_F(FeedTest, SaysNothingWithoutNews) {
  EXPECT_THAT(outbox.take(0), IsEmpty());
  outbox.publish(frame("wall", 1, {{"a", {1}}}));
  deliver();
  EXPECT_THAT(outbox.take(3600 * ns_per_s), IsEmpty());
}

TEST_F(FeedTest, IsBoundedWhileNobodyTakesIt) {
  OutboxLimits limits;
  limits.words = 1;
  limits.rows_max = 8;
  limits.windows_max = 3;
  outbox = FeedOutbox(limits);
  outbox.publish(frame("wall", 1, {{"first", {1}}}));
  auto first = outbox.take(0);
  for (TimeNs second = 2; second < 100; ++second) {
    outbox.publish(frame("wall", second, {{"a", {1}}, {"b", {1}}}));
    outbox.publish(frame("series", second, {{"q", {1}}}));
    EXPECT_LE(outbox.waiting(), 4u + 3u);
  }
  EXPECT_THAT(outbox.take(ns_per_s), IsEmpty());
  deliver(of(first.at(0), 1), ns_per_s);
  deliver(ns_per_s);
  EXPECT_EQ(shown.wall["a"], 98);
  EXPECT_EQ(shown.wall["b"], 98);
  EXPECT_THAT(shown.ends, ElementsAre(97, 98, 99));
  EXPECT_THAT(shown.notes, IsEmpty());
}

TEST_F(FeedTest, SaysWhatFoundNoRoom) {
  OutboxLimits limits;
  limits.rows_max = 4;
  outbox = FeedOutbox(limits);
  outbox.publish(frame("wall", 1, {{"a", {1}}, {"b", {1}}, {"c", {1}}}));
  outbox.publish(frame("wall", 2, {{"a", {1}}, {"c", {1}}}));
  deliver();
  EXPECT_EQ(shown.wall["a"], 2);
  EXPECT_FALSE(shown.wall.contains("c"));
  ASSERT_THAT(shown.notes, SizeIs(1));
  EXPECT_THAT(shown.notes[0], ::testing::HasSubstr("2 rows of walls were left out"));
}

TEST_F(FeedTest, EventsWaitInTheirOrderAndThoseWithoutRoomAreCounted) {
  OutboxLimits limits;
  limits.words = 1;
  limits.events_max = 4;
  outbox = FeedOutbox(limits);
  outbox.publish(frame("events", 1, {{"one", {}}}));
  auto first = outbox.take(0);
  for (TimeNs second = 2; second <= 6; ++second)
    outbox.publish(frame("events", second, {{"a", {}}, {"b", {}}}));
  EXPECT_EQ(outbox.waiting(), 2u);
  deliver(of(first.at(0), 1), ns_per_s);
  deliver(ns_per_s);
  EXPECT_THAT(shown.ends, ElementsAre(1, 5, 6));
  ASSERT_THAT(shown.notes, SizeIs(1));
  EXPECT_THAT(shown.notes[0], ::testing::HasSubstr("6 news of security events were left out"));
  outbox.publish(frame("events", 7, {{"a", {}}}));
  deliver(ns_per_s);
  EXPECT_THAT(shown.notes, SizeIs(1)) << "told once";
}

TEST_F(FeedTest, PointsWaitInTheirOrderAndThoseWithoutRoomAreCounted) {
  OutboxLimits limits;
  limits.points_max = 3;
  outbox = FeedOutbox(limits);
  for (TimeNs second = 1; second <= 5; ++second)
    outbox.publish(frame("points", second, {{"packed", {}}}));
  deliver();
  EXPECT_THAT(shown.ends, ElementsAre(3, 4, 5));
  ASSERT_THAT(shown.notes, SizeIs(1));
  EXPECT_THAT(shown.notes[0], ::testing::HasSubstr("2 points of the page Traffic were left out"));
  restart();  // those that come again are given on: written again they are the same
  outbox.publish(frame("points", 5, {{"packed", {}}}));
  deliver();
  EXPECT_THAT(shown.ends, ElementsAre(3, 4, 5, 5));
}

TEST_F(FeedTest, EventsThatComeAgainAfterARestartAreGivenOn) {
  outbox.publish(frame("events", 1, {{"opened", {}}}));
  deliver();
  restart();  // from a checkpoint before it: the log knows events by their ids
  outbox.publish(frame("events", 1, {{"opened", {}}}));
  deliver();
  EXPECT_THAT(shown.ends, ElementsAre(1, 1));
}

TEST_F(FeedTest, WindowsThatComeAgainAfterARestartCountOnce) {
  for (TimeNs second = 1; second <= 5; ++second)
    outbox.publish(frame("wall", second, {{"a", {1}}}));
  deliver();
  restart();  // from a checkpoint after the second window
  for (TimeNs second = 3; second <= 7; ++second) {
    outbox.publish(frame("wall", second, {{"a", {1}}}));
    outbox.publish(frame("table", second, {{"a", {1}}}));
    outbox.publish(frame("series", second, {{"q", {1}}}));
  }
  deliver();
  EXPECT_EQ(shown.wall["a"], 7);
  EXPECT_THAT(shown.ends, ElementsAre(7, 3, 4, 5, 6, 7));
  restart();
  for (TimeNs second = 5; second <= 8; ++second)
    outbox.publish(frame("series", second, {{"q", {1}}}));
  deliver();
  EXPECT_THAT(shown.ends, ElementsAre(7, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(shown.notes, IsEmpty());
}

TEST_F(FeedTest, TwoSourcesOfOnePanelAreToldApart) {
  auto other = [](TimeNs second) {
    FeedFrame of_other = frame("wall", second, {{"a", {10}}});
    of_other.source = "other";
    return of_other;
  };
  outbox.publish(frame("wall", 5, {{"a", {1}}}));
  outbox.publish(other(2));
  deliver();
  restart();
  outbox.publish(frame("wall", 5, {{"a", {1}}}));
  outbox.publish(other(3));
  deliver();
  EXPECT_EQ(shown.wall["a"], 21);
}

TEST_F(FeedTest, MergedWindowsOfWhichSomeWereCountedAreLeftOutAndTold) {
  for (TimeNs second = 1; second <= 3; ++second)
    outbox.publish(frame("wall", second, {{"a", {1}}}));
  deliver();
  restart();
  OutboxLimits limits;
  limits.rows_max = 2;
  outbox = FeedOutbox(limits);
  for (TimeNs second = 3; second <= 5; ++second)
    outbox.publish(frame("wall", second, {{"a", {1}}}));
  deliver();
  EXPECT_EQ(shown.wall["a"], 3);
  EXPECT_THAT(shown.notes, SizeIs(1));
}

TEST_F(FeedTest, AnotherCoordinatorGoesOnFromWhereTheFirstWas) {
  outbox.publish(frame("wall", 1, {{"a", {1}}}));
  deliver();
  book = FeedBook();  // all that the first had is gone
  outbox.publish(frame("wall", 2, {{"a", {1}}}));
  deliver();
  EXPECT_EQ(shown.wall["a"], 2);
  EXPECT_THAT(outbox.take(3600 * ns_per_s), IsEmpty());
}

TEST_F(FeedTest, WordsOfAnIncarnationThatIsOverSayNothing) {
  outbox.publish(frame("wall", 1, {{"a", {1}}}));
  FeedNews late = of(outbox.take(0).at(0), 1);
  restart();
  outbox.publish(frame("wall", 1, {{"a", {1}}}));
  deliver();
  deliver(late, 0);
  EXPECT_EQ(shown.wall["a"], 1);
}

// A way that loses, doubles and turns around; a worker that is killed now and then and goes back to
// its checkpoint, which a coordinator has only if it has what was told before; one seed each.
class LossyFeed {
 public:
  explicit LossyFeed(std::uint64_t seed) : random_(seed) {}

  Shown run(TimeNs windows) {
    while (second_ < windows || outbox_.waiting() != 0 || !all_taken()) step(windows);
    return shown_;
  }

 private:
  bool chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  bool all_taken() { return confirmed_ == told_; }

  void step(TimeNs windows) {
    now_ += 500 * ns_per_ms;
    if (second_ < windows && chance(60))
      outbox_.publish(frame("wall", ++second_, {{"a", {1}}, {std::to_string(second_ % 3), {1}}}));
    for (const FeedNews& word : outbox_.take(now_)) send(word);
    if (chance(10)) checkpoint();
    for (std::size_t i = 0; i < way_.size() && chance(90); ++i) arrive();
    if (second_ < windows && chance(3)) die();
  }
  void send(const FeedNews& word) {
    told_ = std::max(told_, word.sequence);
    if (chance(20)) return;
    for (int copies = chance(10) ? 2 : 1; copies > 0; --copies)
      way_.push_back(of(word, incarnation_));
    if (way_.size() > 1 && chance(20)) std::swap(way_[way_.size() - 1], way_[way_.size() - 2]);
  }
  void arrive() {
    FeedNews word = way_.front();
    way_.pop_front();
    FeedBook::Taken taken = book_.take(word);
    if (taken.ack && taken.ack->incarnation == incarnation_ && !chance(20)) {
      outbox_.confirm(taken.ack->sequence, now_);
      confirmed_ = std::max(confirmed_, taken.ack->sequence);
    }
    shown_.take(std::move(taken));
  }
  // It holds once all that was published before it has come.
  void checkpoint() {
    for (const FeedNews& word : outbox_.flush(now_)) send(word);
    if (all_taken()) checkpoint_ = second_;
  }
  void die() {
    outbox_ = FeedOutbox();
    second_ = checkpoint_;
    ++incarnation_;
    told_ = confirmed_ = 0;
    way_.clear();
  }

  std::mt19937_64 random_;
  FeedOutbox outbox_;
  FeedBook book_;
  Shown shown_;
  std::deque<FeedNews> way_;
  TimeNs now_ = 0;
  TimeNs second_ = 0, checkpoint_ = 0;
  std::uint64_t incarnation_ = 1, told_ = 0, confirmed_ = 0;
};

TEST(FeedSimulation, WallsAreExactWhateverTheWayDoes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    Shown shown = LossyFeed(seed).run(60);
    EXPECT_THAT(shown.wall, ElementsAre(std::pair("0", 20.0), std::pair("1", 20.0),
                                        std::pair("2", 20.0), std::pair("a", 60.0)))
        << "seed " << seed;
    EXPECT_THAT(shown.notes, IsEmpty());
  }
}

}  // namespace
}  // namespace dnstorm::cluster
