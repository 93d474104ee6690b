#include "capture/stream/tcp_streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/stream/framing.hpp"
#include "engine/api/state.hpp"

namespace dnstorm::capture::stream {
namespace {

using packet::Datagram;
using packet::TcpHeader;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

// A DNS message of `size` bytes with one question and this id.
Bytes message(std::uint16_t id, std::size_t size = 40) {
  Bytes wire(size, 1);
  wire[0] = static_cast<std::uint8_t>(id >> 8);
  wire[1] = static_cast<std::uint8_t>(id);
  std::fill(wire.begin() + 2, wire.begin() + 12, std::uint8_t{0});
  wire[5] = 1;
  return wire;
}
Bytes framed(const Bytes& wire) {
  Bytes out{static_cast<std::uint8_t>(wire.size() >> 8), static_cast<std::uint8_t>(wire.size())};
  out.insert(out.end(), wire.begin(), wire.end());
  return out;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes part(const Bytes& bytes, std::size_t from, std::size_t size = Bytes().max_size()) {
  auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(from);
  return {begin, begin + static_cast<std::ptrdiff_t>(std::min(size, bytes.size() - from))};
}

struct Collect final : MessageSink {
  void message(const Datagram& ends, TimeNs, std::span<const std::uint8_t> wire, bool cut,
               std::uint32_t rtt) override {
    ids.push_back(wire.size() < 2 ? -1 : wire[0] << 8 | wire[1]);
    last = {wire.begin(), wire.end()};
    last_cut = cut;
    rtt_us = rtt;
    src_port = ends.src_port;
  }
  std::vector<int> ids;
  Bytes last;
  bool last_cut = false;
  std::uint32_t rtt_us = 0;
  std::uint16_t src_port = 0;
};

// A connection from 192.0.2.1:4000 to 198.51.100.1:53; sequence numbers count from the first byte.
class Connection {
 public:
  explicit Connection(TcpStreams::Limits limits = {}) : streams(limits) {}

  Taken segment(std::uint32_t seq, const Bytes& data, std::uint8_t flags = TcpHeader::ack,
                bool up = true, std::size_t missing = 0, std::uint32_t ack = 0) {
    Datagram d;
    d.reset();
    const std::uint8_t low[4] = {192, 0, 2, 1}, high[4] = {198, 51, 100, 1};
    d.src = IpAddress::v4(up ? low : high);
    d.dst = IpAddress::v4(up ? high : low);
    d.src_port = up ? port : 53;
    d.dst_port = up ? 53 : port;
    d.has_ports = true;
    d.protocol = 6;
    d.payload = data;
    d.tcp = {first + seq, ack, static_cast<std::uint32_t>(data.size() + missing), flags};
    return streams.take(0, d, now, sink);
  }
  void open(std::uint32_t from = 1000) {
    first = from;
    segment(0xffffffff, {}, TcpHeader::syn);
  }

  TcpStreams streams;
  Collect sink;
  std::uint32_t first = 1000;
  std::uint16_t port = 4000;
  TimeNs now = ns_per_s;
};

TEST(TcpStreams, HandsOnAMessageOfOneSegmentWhereItIs) {
  Connection c;
  c.open();
  EXPECT_EQ(c.segment(0, framed(message(7))), Taken::message);
  EXPECT_EQ(c.sink.last, message(7));
  EXPECT_EQ(c.sink.src_port, 4000);
}

TEST(TcpStreams, FindsManyMessagesInOneSegment) {
  Connection c;
  c.open();
  EXPECT_EQ(c.segment(0, framed(message(1)) + framed(message(2)) + framed(message(3))),
            Taken::message);
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2, 3));
}

TEST(TcpStreams, PutsAMessageTogetherWhereverItIsSplit) {
  Bytes stream = framed(message(1)) + framed(message(2));
  for (std::size_t at = 1; at < stream.size(); ++at) {
    Connection c;
    c.open(0xfffffff0);  // the numbers wrap on the way
    c.segment(0, part(stream, 0, at));
    c.segment(static_cast<std::uint32_t>(at), part(stream, at));
    ASSERT_THAT(c.sink.ids, ElementsAre(1, 2)) << at;
    ASSERT_EQ(c.streams.counts().junk_bytes, 0u) << at;
  }
}

TEST(TcpStreams, PutsAMessageTogetherByteByByte) {
  Connection c;
  c.open();
  Bytes stream = framed(message(1, 3000)) + framed(message(2));
  for (std::uint32_t i = 0; i < stream.size(); ++i) c.segment(i, part(stream, i, 1));
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2));
  EXPECT_EQ(c.streams.counts().unfinished, 0u);
}

TEST(TcpStreams, SortsSegmentsThatComeOutOfOrder) {
  Bytes stream = framed(message(1, 1500)) + framed(message(2)) + framed(message(3, 900));
  const std::size_t piece = 300;
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < stream.size(); at += piece) order.push_back(at);
  do {
    Connection c;
    c.open();
    for (std::size_t at : order) c.segment(static_cast<std::uint32_t>(at), part(stream, at, piece));
    ASSERT_THAT(c.sink.ids, ElementsAre(1, 2, 3));
    ASSERT_EQ(c.streams.counts().holes, 0u);
  } while (std::next_permutation(order.begin(), order.begin() + 6));
}

TEST(TcpStreams, TakesTheFirstOfOverlappingBytes) {
  Connection c;
  c.open();
  Bytes stream = framed(message(1, 1200));
  Bytes other(600, 0xee);
  c.segment(600, part(stream, 600, 200));
  EXPECT_EQ(c.segment(500, part(stream, 500, 100) + part(other, 0, 250)), Taken::part);
  EXPECT_EQ(c.segment(550, part(other, 0, 150)), Taken::retransmission);
  c.segment(0, part(stream, 0, 500));
  c.segment(850, part(stream, 850));
  ASSERT_THAT(c.sink.ids, ElementsAre(1));
  EXPECT_EQ(part(c.sink.last, 0, 798), part(stream, 2, 798));
  EXPECT_EQ(part(c.sink.last, 798, 50), part(other, 0, 50));
}

TEST(TcpStreams, CountsARetransmissionOnce) {
  Connection c;
  c.open();
  c.segment(0, framed(message(1)));
  EXPECT_EQ(c.segment(0, framed(message(1))), Taken::retransmission);
  EXPECT_EQ(c.segment(0, framed(message(1)) + framed(message(2))), Taken::message);
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2));
}

TEST(TcpStreams, CountsARetransmissionOfAClosedConnectionOnce) {
  Connection c;
  c.open();
  c.segment(0, framed(message(1)), TcpHeader::ack | TcpHeader::fin);
  c.segment(0, {}, TcpHeader::ack | TcpHeader::fin, false);
  EXPECT_EQ(c.segment(0, framed(message(1))), Taken::retransmission);
  EXPECT_THAT(c.sink.ids, ElementsAre(1));
}

TEST(TcpStreams, GoesOnBehindALostSegment) {
  Connection c;
  c.open();
  Bytes stream = framed(message(1, 900)) + framed(message(2));
  c.segment(0, part(stream, 0, 400));
  c.segment(902, part(stream, 902));  // 400 to 901 are lost
  EXPECT_THAT(c.sink.ids, IsEmpty());
  c.now += 3 * ns_per_s;
  auto end = static_cast<std::uint32_t>(stream.size());
  c.segment(end, framed(message(3)));
  EXPECT_THAT(c.sink.ids, ElementsAre(2, 3));
  EXPECT_EQ(c.streams.counts().holes, 1u);
  EXPECT_EQ(c.streams.counts().unfinished, 1u);
}

TEST(TcpStreams, HandsOnWhatLiesBehindAHoleWhenTheConnectionIsGivenUp) {
  Connection c;
  c.open();
  c.segment(500, framed(message(2)) + part(framed(message(3)), 0, 20));
  c.streams.expire(time_max, c.sink);
  EXPECT_THAT(c.sink.ids, ElementsAre(2));
  EXPECT_EQ(c.streams.counts().unfinished, 1u);
  EXPECT_EQ(c.streams.open(), 0u);
}

TEST(TcpStreams, TakesDataOfASyn) {
  Connection c;
  EXPECT_EQ(c.segment(0xffffffff, framed(message(1)), TcpHeader::syn), Taken::message);
  EXPECT_EQ(c.segment(42, framed(message(2))), Taken::message);
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2));
}

TEST(TcpStreams, JoinsAStreamInTheMiddle) {
  Connection c;
  Bytes tail(77, 0xc1);
  EXPECT_EQ(c.segment(0, tail), Taken::junk);
  EXPECT_EQ(c.segment(77, tail + framed(message(5))), Taken::message);
  EXPECT_EQ(c.segment(77 + 77 + 42, framed(message(6))), Taken::message);
  EXPECT_THAT(c.sink.ids, ElementsAre(5, 6));
  EXPECT_EQ(c.streams.counts().joined, 1u);
  EXPECT_EQ(c.streams.counts().junk_bytes, 2u * 77);
}

TEST(TcpStreams, PassesOverJunkBehindAMessage) {
  Connection c;
  c.open();
  Bytes junk(50, 0xff);
  EXPECT_EQ(c.segment(0, framed(message(1)) + junk + framed(message(2))), Taken::message);
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2));
  EXPECT_EQ(c.streams.counts().junk_bytes, 50u);
}

TEST(TcpStreams, MeasuresTheHandshake) {
  Connection c;
  c.open();
  c.now += 30 * ns_per_ms;
  c.segment(4999, {}, TcpHeader::syn | TcpHeader::ack, false, 0, 1000);
  c.now += 12 * ns_per_ms;
  c.segment(0, {}, TcpHeader::ack, true, 0, 6000);
  c.segment(0, framed(message(1)));
  EXPECT_EQ(c.sink.rtt_us, 42000u);
}

TEST(TcpStreams, MeasuresNoHandshakeWhoseSynWasRepeated) {
  Connection c;
  c.open();
  c.open();
  c.segment(4999, {}, TcpHeader::syn | TcpHeader::ack, false, 0, 1000);
  c.segment(0, framed(message(1)), TcpHeader::ack, true, 0, 6000);
  EXPECT_THAT(c.sink.ids, ElementsAre(1));
  EXPECT_EQ(c.sink.rtt_us, 0u);
}

TEST(TcpStreams, BeginsAnewWithASynOnTheSamePorts) {
  Connection c;
  c.open(1000);
  c.segment(0, part(framed(message(1)), 0, 20));
  c.open(900000000);
  c.segment(0, framed(message(2)));
  EXPECT_THAT(c.sink.ids, ElementsAre(2));
  EXPECT_EQ(c.streams.counts().unfinished, 1u);
}

TEST(TcpStreams, ForgetsASilentConnection) {
  Connection c;
  c.open();
  c.segment(0, part(framed(message(1)), 0, 20));
  c.now += 61 * ns_per_s;
  c.streams.expire(c.now, c.sink);
  EXPECT_EQ(c.streams.open(), 0u);
  EXPECT_EQ(c.streams.counts().expired, 1u);
  EXPECT_EQ(c.streams.counts().unfinished, 1u);
}

TEST(TcpStreams, GivesWhatTheSnapLengthLeft) {
  Connection c;
  c.open();
  EXPECT_EQ(
      c.segment(0, framed(message(1)) + part(framed(message(2)), 0, 30), TcpHeader::ack, true, 12),
      Taken::cut);
  EXPECT_THAT(c.sink.ids, ElementsAre(1, 2));
  EXPECT_TRUE(c.sink.last_cut);
  EXPECT_EQ(c.segment(84, framed(message(3))), Taken::message);
  EXPECT_FALSE(c.sink.last_cut);
}

TEST(TcpStreams, GoesOnFromWhatItSaved) {
  Bytes stream = framed(message(1, 2000)) + framed(message(2));
  Connection before;
  before.open();
  before.segment(0, part(stream, 0, 700));
  before.segment(1400, part(stream, 1400, 300));
  StateWriter out;
  before.streams.save_group(0, out);
  std::string saved = out.take();
  Connection after;
  StateReader in(saved);
  ASSERT_TRUE(after.streams.restore_group(0, in));
  EXPECT_TRUE(in.at_end());
  after.segment(700, part(stream, 700, 700));
  after.segment(1700, part(stream, 1700));
  EXPECT_THAT(after.sink.ids, ElementsAre(1, 2));
  for (std::size_t size = 0; size < saved.size(); ++size) {
    Connection broken;
    StateReader cut(std::string_view(saved).substr(0, size));
    ASSERT_FALSE(broken.streams.restore_group(0, cut)) << size;
  }
}

TEST(TcpStreams, KeepsWithinItsMemoryUnderAFloodOfSyns) {
  constexpr std::size_t limit = 8 << 20;
  Connection c({.memory = limit});
  constexpr std::uint64_t flood = 2'000'000;
  std::uint64_t most = 0;
  Datagram d;
  d.reset();
  d.dst_port = 53;
  for (std::uint64_t i = 0; i < flood; ++i) {
    std::memcpy(d.src.bytes.data() + 8, &i, sizeof i);
    d.src_port = static_cast<std::uint16_t>(i);
    d.tcp = {1, 0, 0, TcpHeader::syn};
    c.streams.take(0, d, c.now, c.sink);
    most = std::max<std::uint64_t>(most, c.streams.memory());
  }
  EXPECT_LE(most, limit);
  EXPECT_EQ(c.streams.counts().evicted_idle + c.streams.open(), flood);
}

TEST(TcpStreams, KeepsWithinItsMemoryUnderUnfinishedMessages) {
  constexpr std::size_t limit = 8 << 20;
  Connection c({.memory = limit});
  Bytes half = part(framed(message(1, 1400)), 0, 1300);
  constexpr int rounds = 60'000;
  for (int i = 0; i < rounds; ++i) {
    c.port = static_cast<std::uint16_t>(i);
    c.open();
    c.segment(0, half);
    ASSERT_LE(c.streams.memory(), limit);
  }
  c.streams.expire(time_max, c.sink);
  const TcpStreams::Counts& counts = c.streams.counts();
  EXPECT_EQ(counts.unfinished, static_cast<std::uint64_t>(rounds));
  EXPECT_EQ(counts.evicted + counts.evicted_idle + counts.expired, counts.connections);
}

TEST(TcpStreams, BoundsWhatWaitsBehindHolesOfOneConnection) {
  Connection c;
  c.open();
  for (std::uint32_t i = 1; i < 100'000; ++i) c.segment(2 * i, {0x55});
  EXPECT_LT(c.streams.memory(), 1u << 20);
  EXPECT_GT(c.streams.counts().holes, 0u);
}

TEST(Framing, TellsJunkFromAMessage) {
  std::size_t size = 0;
  EXPECT_EQ(frame_at(framed(message(1)), size), Frame::whole);
  EXPECT_EQ(size, 40u);
  EXPECT_EQ(frame_at(part(framed(message(1)), 0, 30), size), Frame::unfinished);
  EXPECT_EQ(frame_at(Bytes(100, 0xff), size), Frame::junk);
  EXPECT_EQ(frame_at(Bytes(2, 0), size), Frame::junk);
  EXPECT_EQ(frame_at(Bytes(1, 0), size), Frame::unfinished);
}

}  // namespace
}  // namespace dnstorm::capture::stream
