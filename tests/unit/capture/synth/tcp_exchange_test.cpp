// Exchanges against dnstorm's own reader of TCP, which shares no code with them.
#include "capture/synth/tcp_exchange.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/dns/writer.hpp"
#include "capture/packet/decode.hpp"
#include "capture/stream/tcp_streams.hpp"

namespace dnstorm::capture::synth {
namespace {

using stream::Taken;
using stream::TcpStreams;

constexpr TimeNs start_time = 1767225600 * ns_per_s;

Endpoints client_ends(bool v6) {
  if (v6) return {*parse_ip("2001:db8::1"), *parse_ip("2001:db8::53"), 1024, 53};
  return {*parse_ip("10.1.2.3"), *parse_ip("198.18.0.53"), 5353, 53};
}

Frame query(std::uint16_t id) {
  dns::MessageWriter writer;
  auto wire = writer.begin(id, dns::MessageWriter::rd).question("www.example.com", 1).finish();
  return {wire.begin(), wire.end()};
}
Frame response(std::uint16_t id, std::size_t least) {
  dns::MessageWriter writer;
  writer.begin(id, dns::MessageWriter::qr).question("www.example.com", 1);
  do writer.a("www.example.com", 60, {192, 0, 2, 1});
  while (writer.size() < least);
  auto wire = writer.finish();
  return {wire.begin(), wire.end()};
}

// A connection of many kinds by a seed: some queries have no answer, some answers are large.
std::vector<TcpSegment> make(TcpExchange& exchange, std::uint64_t seed, bool v6) {
  Random random(seed);
  exchange.open(client_ends(v6), random);
  std::uint32_t queries = random.between(1, 8);
  for (std::uint32_t i = 0; i < queries; ++i) {
    auto id = static_cast<std::uint16_t>(100 + i);
    MessageFacts facts;
    facts.client = client_ends(v6).src;
    exchange.ask(query(id), facts);
    if (random.chance(0.2)) continue;
    facts.response = true;
    exchange.answer(response(id, random.chance(0.3) ? random.between(1000, 20000) : 0), facts,
                    random.between(1, 100'000) * ns_per_us);
  }
  auto segments = exchange.schedule(start_time, 5 * ns_per_ms, random);
  return {segments.begin(), segments.end()};
}

struct Got {
  TimeNs when;
  bool from_server;
  Frame wire;
  friend bool operator==(const Got&, const Got&) = default;
};

// The other side: frames are decoded and put together again.
class Reader final : public stream::MessageSink {
 public:
  Taken take(const TcpExchange& exchange, const TcpSegment& segment) {
    Frame frame;
    build_tcp(exchange.ends(segment.from_server), segment.fields, exchange.payload(segment), frame);
    packet::Datagram datagram;
    EXPECT_EQ(packet::decode(packet::LinkType::ethernet, frame,
                             static_cast<std::uint32_t>(frame.size()), datagram),
              packet::Verdict::tcp);
    return streams.take(0, datagram, segment.time, *this);
  }
  void message(const packet::Datagram& ends, TimeNs when, std::span<const std::uint8_t> wire,
               bool cut, std::uint32_t) override {
    EXPECT_FALSE(cut);
    got.push_back({when, ends.src_port == 53, Frame(wire.begin(), wire.end())});
  }

  TcpStreams streams{{}};
  std::vector<Got> got;
};

SegmentKind kind_of(Taken taken) {
  switch (taken) {
    case Taken::message:
      return SegmentKind::message;
    case Taken::part:
      return SegmentKind::part;
    case Taken::control:
      return SegmentKind::control;
    case Taken::retransmission:
      return SegmentKind::retransmission;
    default:
      ADD_FAILURE() << "nobody sends such a segment";
      return SegmentKind::control;
  }
}

void add(const std::vector<TcpMessage>& messages, TimeNs when, std::vector<Got>& told) {
  for (const TcpMessage& m : messages)
    told.push_back({when, m.from_server, Frame(m.wire.begin(), m.wire.end())});
}

class TcpFamilies : public testing::TestWithParam<bool> {};

TEST_P(TcpFamilies, SaysWhatAReaderOfItsSegmentsFinds) {
  std::uint64_t kinds[segment_kinds] = {};
  TcpExchange exchange;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Reader reader;
    std::vector<Got> told;
    for (const TcpSegment& segment : make(exchange, seed, GetParam())) {
      std::vector<TcpMessage> messages;
      SegmentKind kind = exchange.arrive(segment, segment.time, messages);
      ++kinds[static_cast<std::size_t>(kind)];
      ASSERT_EQ(kind, kind_of(reader.take(exchange, segment))) << seed;
      add(messages, segment.time, told);
    }
    ASSERT_EQ(told, reader.got) << seed;
    EXPECT_EQ(reader.streams.counts().holes, 0U);
    EXPECT_EQ(reader.streams.counts().junk_bytes, 0U);
    EXPECT_EQ(reader.streams.counts().joined, 0U);
    EXPECT_EQ(reader.streams.counts().connections, 1U);
  }
  for (std::uint64_t count : kinds) EXPECT_GT(count, 50U);
}

TEST_P(TcpFamilies, KnowsWhatIsWholeWhereverTheCaptureEnds) {
  TcpExchange exchange;
  std::size_t behind_holes = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    std::size_t size = make(exchange, seed, GetParam()).size();
    for (std::size_t end = 1; end <= size; ++end) {
      Reader reader;
      std::vector<Got> told;
      std::vector<TcpSegment> segments = make(exchange, seed, GetParam());
      std::vector<TcpMessage> messages;
      for (std::size_t i = 0; i < end; ++i) {
        messages.clear();
        exchange.arrive(segments[i], segments[i].time, messages);
        add(messages, segments[i].time, told);
        reader.take(exchange, segments[i]);
      }
      messages.clear();
      exchange.give_up(messages);
      behind_holes += messages.size();
      add(messages, exchange.last(), told);
      reader.streams.expire(time_max, reader);
      ASSERT_EQ(told, reader.got) << "seed " << seed << ", " << end << " segments";
    }
  }
  EXPECT_GT(behind_holes, 0U);
}

TEST_P(TcpFamilies, CutsMessagesAnywhere) {
  std::size_t largest = 0, alone = 0, overtaken = 0;
  TcpExchange exchange;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    std::vector<TcpSegment> segments = make(exchange, seed, GetParam());
    std::uint32_t next = 0;
    for (const TcpSegment& s : segments) {
      largest = std::max<std::size_t>(largest, s.size);
      alone += s.size == 1 ? 1U : 0U;  // half of a length
      if (s.from_server || s.size == 0) continue;
      overtaken += s.begin < next ? 1U : 0U;
      next = std::max(next, s.begin + s.size);
    }
  }
  EXPECT_EQ(largest, GetParam() ? 1440U : 1460U);
  EXPECT_GT(alone, 10U);
  EXPECT_GT(overtaken, 10U);
}

TEST_P(TcpFamilies, BeginsAndEndsAsRfc9293Says) {
  TcpExchange exchange;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    std::vector<TcpSegment> segments = make(exchange, seed, GetParam());
    EXPECT_EQ(segments[0].fields.flags, tcp_syn);
    EXPECT_EQ(segments[0].fields.segment_max, GetParam() ? 1440 : 1460);
    EXPECT_EQ(segments[1].fields.flags, tcp_syn | tcp_ack);
    EXPECT_EQ(segments[1].fields.acknowledged, segments[0].fields.sequence + 1);
    EXPECT_EQ(segments[2].fields.acknowledged, segments[1].fields.sequence + 1);
    std::uint32_t end[2] = {}, fin[2] = {};
    for (const TcpSegment& s : segments) {
      std::uint32_t& sent = end[s.from_server ? 1 : 0];
      sent = std::max(sent, s.begin + s.size);
      if ((s.fields.flags & tcp_fin) != 0)
        fin[s.from_server ? 1 : 0] =
            s.fields.sequence - segments[s.from_server ? 1 : 0].fields.sequence - 1;
    }
    EXPECT_EQ(fin[0], end[0]);
    EXPECT_EQ(fin[1], end[1]);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, TcpFamilies, testing::Bool(),
                         [](const auto& v6) { return v6.param ? "IPv6" : "IPv4"; });

TEST(TcpExchange, TellsWhichQueryAResponseAnswersAndWhen) {
  TcpExchange exchange;
  std::vector<TcpMessage> messages;
  TimeNs asked = 0, answered = 0;
  Random random(5);
  exchange.open(client_ends(false), random);
  exchange.ask(query(1), {});
  MessageFacts facts;
  facts.response = true;
  exchange.answer(response(1, 0), facts, 3 * ns_per_ms);
  for (const TcpSegment& segment : exchange.schedule(start_time, ns_per_ms, random)) {
    exchange.arrive(segment, segment.time, messages);
    if (messages.size() == 1 && asked == 0) asked = segment.time;
    if (messages.size() == 2 && answered == 0) answered = segment.time;
  }
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_TRUE(messages[1].facts->answers);
  EXPECT_EQ(messages[1].facts->asked, asked);
  EXPECT_GE(answered - asked, 3 * ns_per_ms);
}

TEST(TcpExchange, RemembersTheIdsThatItHasAsked) {
  TcpExchange exchange;
  Random random(1);
  exchange.open(client_ends(false), random);
  EXPECT_FALSE(exchange.has_asked(7));
  exchange.ask(query(6), {});
  exchange.ask(query(7), {});
  EXPECT_TRUE(exchange.has_asked(7));
  EXPECT_FALSE(exchange.has_asked(8));
}

TEST(TcpExchanges, HasNoTwoWithTheSameEnds) {
  TcpExchanges exchanges;
  Random random(1);
  auto first = exchanges.open(client_ends(false), random);
  ASSERT_TRUE(first);
  EXPECT_FALSE(exchanges.open(client_ends(false), random));
  EXPECT_TRUE(exchanges.open(client_ends(true), random));
  exchanges.close(*first);
  EXPECT_TRUE(exchanges.open(client_ends(false), random));
}

}  // namespace
}  // namespace dnstorm::capture::synth
