#include "cluster/link/link_end.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::cluster {
namespace {

LinkOptions options(std::uint64_t session) {
  LinkOptions options;
  options.incarnation = 7;
  options.session = session;
  return options;
}

std::vector<std::string> texts(const std::vector<Buffer>& messages) {
  std::vector<std::string> out;
  for (const Buffer& message : messages) out.emplace_back(message.text());
  return out;
}

using Texts = std::vector<std::string>;

// Two ends and a way that loses nothing unless it is told to.
struct Pair {
  LinkEnd a{options(1)};
  LinkEnd b{options(2)};
  TimeNs now = 0;
  Texts at_a = {};
  Texts at_b = {};

  void connect() {
    a.connected(now);
    b.connected(now);
    settle();
  }
  static void carry(LinkEnd& from, LinkEnd& to, Texts& heard, TimeNs now) {
    for (const Frame& frame : from.frames(now))
      for (std::string& text : texts(to.take(frame, now))) heard.push_back(std::move(text));
  }
  void settle() {
    for (int i = 0; i < 8; ++i) {
      carry(a, b, at_b, now);
      carry(b, a, at_a, now);
    }
  }
  void pass(DurationNs time) {
    now += time;
    settle();
  }
};

std::uint64_t refused(const LinkEnd& end, Refusal why) {
  return end.statistics().refused[static_cast<std::size_t>(why)];
}

TEST(LinkEnd, SendsNothingBeforeTheOtherHasBeenHeard) {
  LinkEnd a(options(1));
  a.send(Buffer::copy_of("x"), Lane::rows);
  EXPECT_TRUE(a.frames(0).empty());
  a.connected(0);
  EXPECT_EQ(a.frames(0).size(), 1u);  // the hello
  EXPECT_TRUE(a.frames(1).empty());
  EXPECT_EQ(a.statistics().outbox_bytes, 1u);
}

TEST(LinkEnd, RepeatsItsHelloAtGrowingPauses) {
  LinkEnd a(options(1));
  a.connected(0);
  a.frames(0);
  EXPECT_EQ(a.next_time(), 100 * ns_per_ms);
  EXPECT_EQ(a.frames(100 * ns_per_ms).size(), 1u);
  EXPECT_EQ(a.next_time(), 300 * ns_per_ms);
}

TEST(LinkEnd, CarriesMessagesBothWaysInOrder) {
  Pair pair;
  pair.a.send(Buffer::copy_of("1"), Lane::rows);
  pair.connect();
  pair.a.send(Buffer::copy_of("2"), Lane::rows);
  pair.a.send(Buffer::copy_of(""), Lane::rows);
  pair.b.send(Buffer::copy_of("back"), Lane::rows);
  pair.settle();
  EXPECT_EQ(pair.at_b, (Texts{"1", "2", ""}));
  EXPECT_EQ(pair.at_a, (Texts{"back"}));
}

TEST(LinkEnd, LetsUrgentOnesOvertake) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("rows"), Lane::rows);
  pair.a.send(Buffer::copy_of("credit"), Lane::urgent);
  pair.settle();
  EXPECT_EQ(pair.at_b, (Texts{"credit", "rows"}));
}

TEST(LinkEnd, SendsLargeMessagesWithoutACopy) {
  Pair pair;
  pair.connect();
  Buffer large = Buffer::copy_of(std::string(100'000, 'r'));
  pair.a.send(large, Lane::rows);
  auto frames = pair.a.frames(0);
  ASSERT_EQ(frames.size(), 1u);
  ASSERT_EQ(frames[0].parts.size(), 1u);
  EXPECT_EQ(frames[0].parts[0].data.get(), large.data.get());
  auto messages = pair.b.take(frames[0], 0);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].data.get(), large.data.get());
}

TEST(LinkEnd, PutsSmallMessagesTogether) {
  Pair pair;
  pair.connect();
  for (int i = 0; i < 1000; ++i) pair.a.send(Buffer::copy_of("0123456789"), Lane::rows);
  EXPECT_EQ(pair.a.frames(0).size(), 1u);
}

TEST(LinkEnd, KeepsWhatFindsNoRoomInTheWindow) {
  LinkOptions small = options(1);
  small.window_bytes = 10'000;
  small.frame_bytes = 5'000;
  Pair pair{.a = LinkEnd(small)};
  pair.connect();
  for (int i = 0; i < 4; ++i) pair.a.send(Buffer::copy_of(std::string(4'500, 'x')), Lane::rows);
  auto frames = pair.a.frames(0);
  EXPECT_EQ(frames.size(), 2u);
  EXPECT_EQ(pair.a.statistics().outbox_bytes, 9'000u);
  EXPECT_EQ(pair.a.statistics().flight_bytes, 9'000u);
  for (const Frame& frame : frames) pair.b.take(frame, 0);
  pair.pass(10 * ns_per_ms);
  pair.pass(10 * ns_per_ms);
  EXPECT_EQ(pair.a.statistics().outbox_bytes, 0u);
  EXPECT_TRUE(pair.a.idle());
}

TEST(LinkEnd, AcknowledgesAloneAfterAWhile) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("x"), Lane::rows);
  Pair::carry(pair.a, pair.b, pair.at_b, 0);
  EXPECT_TRUE(pair.b.frames(0).empty());
  EXPECT_EQ(pair.b.next_time(), 2 * ns_per_ms);
  auto frames = pair.b.frames(2 * ns_per_ms);
  ASSERT_EQ(frames.size(), 1u);
  pair.a.take(frames[0], 2 * ns_per_ms);
  EXPECT_TRUE(pair.a.idle());
  EXPECT_EQ(pair.a.next_time(), time_max);
}

TEST(LinkEnd, SendsAgainAfterAReconnectOnlyWhatIsMissing) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("1"), Lane::rows);
  Pair::carry(pair.a, pair.b, pair.at_b, 0);  // arrives, its acknowledgement does not
  pair.a.send(Buffer::copy_of("2"), Lane::rows);
  pair.a.frames(0);  // lost
  pair.a.disconnected();
  pair.b.disconnected();
  pair.a.send(Buffer::copy_of("3"), Lane::rows);
  EXPECT_TRUE(pair.a.frames(0).empty());
  pair.connect();
  EXPECT_EQ(pair.at_b, (Texts{"1", "2", "3"}));
  EXPECT_EQ(pair.a.statistics().frames_resent, 1u);
  EXPECT_EQ(refused(pair.b, Refusal::duplicate), 0u);
}

TEST(LinkEnd, SendsAgainAfterATimeOut) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("1"), Lane::rows);
  pair.a.frames(0);  // lost
  EXPECT_EQ(pair.a.next_time(), ns_per_s);
  pair.pass(ns_per_s);
  EXPECT_EQ(pair.at_b, (Texts{"1"}));
}

TEST(LinkEnd, FillsAGapThatTheOtherReports) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("1"), Lane::rows);
  pair.a.frames(0);  // lost
  pair.now = 300 * ns_per_ms;
  pair.a.send(Buffer::copy_of("2"), Lane::rows);
  pair.settle();
  EXPECT_EQ(pair.at_b, (Texts{"1", "2"}));
  EXPECT_LT(pair.now, ns_per_s);  // long before the time-out
}

TEST(LinkEnd, DropsDuplicates) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("1"), Lane::rows);
  auto frames = pair.a.frames(0);
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(texts(pair.b.take(frames[0], 0)), (Texts{"1"}));
  EXPECT_TRUE(pair.b.take(frames[0], 0).empty());
  EXPECT_EQ(refused(pair.b, Refusal::duplicate), 1u);
}

TEST(LinkEnd, RefusesAnotherIncarnation) {
  LinkOptions other = options(1);
  other.incarnation = 6;
  Pair pair{.a = LinkEnd(other)};
  pair.connect();
  EXPECT_FALSE(pair.b.ready());
  EXPECT_GT(refused(pair.b, Refusal::foreign_incarnation), 0u);
}

TEST(LinkEnd, RefusesAnotherProcessOnceOneIsKnown) {
  Pair pair;
  pair.connect();
  LinkEnd impostor(options(3));
  impostor.connected(0);
  EXPECT_TRUE(pair.b.take(impostor.frames(0).at(0), 0).empty());
  EXPECT_EQ(refused(pair.b, Refusal::foreign_session), 1u);
  EXPECT_EQ(pair.b.peer_session(), 1u);
}

TEST(LinkEnd, RefusesWhatWasMeantForAnEarlierProcess) {
  Pair old;
  old.connect();
  old.a.send(Buffer::copy_of("1"), Lane::rows);
  auto frames = old.a.frames(0);
  LinkEnd restarted(options(4));
  EXPECT_TRUE(restarted.take(frames.at(0), 0).empty());
  EXPECT_EQ(refused(restarted, Refusal::foreign_session), 1u);
}

TEST(LinkEnd, RefusesMessagesThatAreTooLarge) {
  LinkOptions small = options(2);
  small.message_bytes_max = 1'000;
  Pair pair{.b = LinkEnd(small)};
  pair.connect();
  pair.a.send(Buffer::copy_of(std::string(1'001, 'x')), Lane::rows);
  pair.settle();
  EXPECT_TRUE(pair.at_b.empty());
  EXPECT_EQ(refused(pair.b, Refusal::too_large), 1u);
}

TEST(LinkEnd, RefusesFramesFarAheadOfTheirTurn) {
  LinkOptions narrow = options(2);
  narrow.window_frames = 4;
  Pair pair{.b = LinkEnd(narrow)};
  pair.connect();
  std::vector<Frame> frames;
  for (int i = 0; i < 6; ++i) {
    pair.a.send(Buffer::copy_of("x"), Lane::rows);
    for (Frame& frame : pair.a.frames(0)) frames.push_back(std::move(frame));
  }
  pair.b.take(frames.at(5), 0);
  EXPECT_EQ(refused(pair.b, Refusal::out_of_window), 1u);
}

TEST(LinkEnd, RefusesDamagedFrames) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("message"), Lane::rows);
  Frame good = pair.a.frames(0).at(0);
  for (std::size_t size = 0; size < good.head.size; ++size) {
    Frame cut{good.head.part(0, size), {}};
    EXPECT_TRUE(pair.b.take(cut, 0).empty()) << size;
  }
  Frame more = good;
  more.parts.push_back(Buffer::copy_of("part"));
  EXPECT_TRUE(pair.b.take(more, 0).empty());
  EXPECT_EQ(refused(pair.b, Refusal::malformed), good.head.size + 1);
  EXPECT_EQ(texts(pair.b.take(good, 0)), (Texts{"message"}));
}

TEST(LinkEnd, ReadsTheNeighbouringVersion) {
  Pair pair;
  pair.connect();
  pair.a.send(Buffer::copy_of("message"), Lane::rows);
  Frame frame = pair.a.frames(0).at(0);
  // A newer version that is still understood by this one: a longer header.
  std::string bytes(frame.head.text());
  std::size_t header = static_cast<std::uint8_t>(bytes[4]);
  bytes[2] = wire_version + 1;
  bytes[4] = static_cast<char>(header + 8);
  bytes.insert(header, std::string(8, '\x55'));
  EXPECT_EQ(texts(pair.b.take({Buffer::copy_of(bytes), {}}, 0)), (Texts{"message"}));
  // One that is not.
  bytes[3] = wire_version + 1;
  EXPECT_TRUE(pair.b.take({Buffer::copy_of(bytes), {}}, 0).empty());
  EXPECT_EQ(refused(pair.b, Refusal::version), 1u);
}

TEST(LinkEnd, DoesNotBelieveAcknowledgementsOfWhatWasNeverSent) {
  Pair pair;
  pair.connect();
  FrameHeader header;
  header.kind = FrameKind::ack;
  header.incarnation = 7;
  header.from = 1;
  header.to = 2;
  header.acks[1].next = 5;
  pair.b.take(write_frame(header, {}), 0);
  EXPECT_EQ(refused(pair.b, Refusal::malformed), 1u);
}

}  // namespace
}  // namespace dnstorm::cluster
