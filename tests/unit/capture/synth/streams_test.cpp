// Generated TCP, fragments and messages: the truth against dnstorm's own readers of packets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/packet/fragments.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "capture/synth/generator.hpp"

namespace dnstorm::capture::synth {
namespace {

using Json = nlohmann::json;
using packet::Fragments;
using packet::Verdict;
using stream::Taken;

Options mixed(View view) {
  Options options = Options::of(view);
  options.queries = 3000;
  options.names = 500;
  options.v6 = 0.4;
  options.tcp = 0.3;
  options.fragments = 0.1;
  return options;
}

struct Heard {
  TimeNs time;
  IpAddress src, dst;
  std::uint16_t src_port, dst_port;
  bool tcp;
  Frame wire;
  friend bool operator==(const Heard&, const Heard&) = default;
};

// What is in the packets, put together by the parts of dnstorm that read captures.
class Hearer final : public stream::MessageSink {
 public:
  Result<void> packet(TimeNs time, ByteSpan frame, std::uint32_t length) {
    ++packets;
    packet::Datagram datagram;
    Verdict verdict = packet::decode(packet::LinkType::ethernet, frame, length, datagram);
    if (verdict == Verdict::fragment) {
      std::span<const std::uint8_t> whole;
      Fragments::Added added = fragments.add(0, datagram, time, whole);
      ++by_fragment[added];
      if (added == Fragments::Added::complete) verdict = packet::decode_payload(whole, datagram);
    }
    if (verdict == Verdict::tcp) ++by_segment[streams.take(0, datagram, time, *this)];
    if (verdict == Verdict::udp && (datagram.src_port == 53 || datagram.dst_port == 53))
      hear(time, datagram, datagram.payload, false);
    return {};
  }
  void message(const packet::Datagram& ends, TimeNs when, std::span<const std::uint8_t> wire, bool,
               std::uint32_t) override {
    hear(when, ends, wire, true);
  }

  std::uint64_t packets = 0, queries = 0, tcp = 0, truncated = 0;
  std::map<Taken, std::uint64_t> by_segment;
  std::map<Fragments::Added, std::uint64_t> by_fragment;
  std::vector<Heard> heard;
  stream::TcpStreams streams{{}};
  Fragments fragments{{}};

 private:
  void hear(TimeNs time, const packet::Datagram& ends, ByteSpan wire, bool over_tcp) {
    dns::ParseError error = dns::parse(wire, message_, {.qname = false, .records = true});
    EXPECT_EQ(error, dns::ParseError::none) << to_string(error);
    queries += message_.qr ? 0U : 1U;
    truncated += message_.tc ? 1U : 0U;
    tcp += over_tcp ? 1U : 0U;
    EXPECT_FALSE(message_.tc && over_tcp);
    heard.push_back({time, ends.src, ends.dst, ends.src_port, ends.dst_port, over_tcp,
                     Frame(wire.begin(), wire.end())});
  }
  dns::Message message_;
};

Json listen(const Options& options, Hearer& hearer) {
  auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t length) {
    return hearer.packet(time, frame, length);
  });
  EXPECT_TRUE(truth.ok());
  hearer.streams.expire(time_max, hearer);
  return Json::parse(truth->json(options));
}

class EveryViewOfStreams : public testing::TestWithParam<View> {};

TEST_P(EveryViewOfStreams, TellsTheTruth) {
  Options options = mixed(GetParam());
  options.malformed = options.not_dns = 0;
  options.duplicates = 0.05;
  options.loss = 0.1;
  Hearer hearer;
  Json json = listen(options, hearer);
  EXPECT_EQ(json["packets"], hearer.packets);
  EXPECT_EQ(json["messages"], hearer.heard.size());
  EXPECT_EQ(json["queries"], hearer.queries);
  EXPECT_EQ(json["tc"], hearer.truncated);
  EXPECT_EQ(json["tcp"], hearer.tcp);
  EXPECT_EQ(json["tcp_connections"], hearer.streams.counts().connections);
  EXPECT_EQ(json["tcp_segments"]["message"], hearer.by_segment[Taken::message]);
  EXPECT_EQ(json["tcp_segments"]["part"], hearer.by_segment[Taken::part]);
  EXPECT_EQ(json["tcp_segments"]["control"], hearer.by_segment[Taken::control]);
  EXPECT_EQ(json["tcp_segments"]["retransmission"], hearer.by_segment[Taken::retransmission]);
  EXPECT_EQ(json["fragments"]["completed"], hearer.by_fragment[Fragments::Added::complete]);
  EXPECT_EQ(json["fragments"]["fragment"], hearer.by_fragment[Fragments::Added::kept]);
  EXPECT_EQ(json["fragments"]["duplicate"], hearer.by_fragment[Fragments::Added::duplicate]);
  EXPECT_EQ(hearer.by_segment.size(), 4U);
  EXPECT_EQ(hearer.by_fragment.size(), 3U);
  EXPECT_EQ(hearer.fragments.open(), 0U);
  std::uint64_t datagrams = json["messages"].get<std::uint64_t>() - hearer.tcp;
  std::uint64_t rest = 0;
  for (const char* parts : {"tcp_segments", "fragments"})
    for (const auto& [kind, count] : json[parts].items())
      if (kind != "completed") rest += count.get<std::uint64_t>();
  EXPECT_EQ(json["packets"], datagrams + rest);
}

TEST_P(EveryViewOfStreams, HasTheSameMessagesAsPacketsOrAlone) {
  Options options = mixed(GetParam());
  options.malformed = options.duplicates = 0;
  options.not_dns = 0.05;
  Hearer hearer;
  Json packets = listen(options, hearer);
  options.dnstap = dnstap::MessageKind::resolver;
  std::vector<Heard> told;
  auto truth = generate_messages(options, [&](const Message& m) -> Result<void> {
    told.push_back({m.time, m.ends.src, m.ends.dst, m.ends.src_port, m.ends.dst_port, m.tcp,
                    Frame(m.wire.begin(), m.wire.end())});
    return {};
  });
  ASSERT_TRUE(truth.ok());
  EXPECT_EQ(told, hearer.heard);
  Json json = Json::parse(truth->json(options));
  for (const char* key : {"messages", "queries", "responses", "tcp", "v6", "edns", "do", "ecs",
                          "tc", "qnames", "qtypes", "rcodes", "opcodes", "transactions",
                          "unanswered", "response_time_us", "clients", "top_names"})
    EXPECT_EQ(json[key], packets[key]) << key;
  EXPECT_EQ(json["frames"], told.size());
  EXPECT_EQ(json["packets"], told.size());
  EXPECT_EQ(json["types"], (Json{{"RQ", json["queries"]}, {"RR", json["responses"]}}));
  EXPECT_EQ(json["protocol"]["TCP"], json["tcp"]);
  EXPECT_EQ(json["family"]["INET6"], json["v6"]);
  EXPECT_EQ(json["accounting"]["parsed"], told.size());
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryViewOfStreams,
                         testing::Values(View::resolver, View::root, View::tld),
                         [](const auto& view) { return std::string(profile(view.param).name); });

TEST(Streams, HaveTheSharesThatWereAskedFor) {
  Options options = mixed(View::resolver);
  options.queries = 20'000;
  options.duplicates = options.malformed = options.not_dns = options.loss = 0;
  for (double per_connection : {1.0, 4.0}) {
    options.tcp_queries = per_connection;
    Hearer hearer;
    Json json = listen(options, hearer);
    double queries = json["queries"];
    EXPECT_EQ(queries, 20'000);
    double over_tcp = json["tcp"].get<double>() / 2;
    EXPECT_NEAR(over_tcp / queries, 0.3, 0.03);
    EXPECT_NEAR(over_tcp / json["tcp_connections"].get<double>(), per_connection,
                per_connection / 10);
    EXPECT_NEAR(json["fragments"]["completed"].get<double>() / (queries - over_tcp), 0.1, 0.015);
    // Connections with several queries do not bring more of them.
    double seconds = static_cast<double>(hearer.heard.back().time - options.start) / 1e9;
    EXPECT_NEAR(queries / seconds / options.rate, 1, 0.2);
  }
}

TEST(Streams, AskAgainOverTcpWhatWasTruncated) {
  Options options = mixed(View::root);
  options.tcp = 1e-9;  // no connection but for that
  options.duplicates = options.malformed = options.not_dns = options.fragments = 0;
  Hearer hearer;
  Json json = listen(options, hearer);
  EXPECT_EQ(json["queries"], 3000);  // they count as others do
  EXPECT_EQ(json["tcp_connections"], json["tcp"].get<std::uint64_t>() / 2);
  EXPECT_GT(json["tc"], 20);
  EXPECT_NEAR(json["tcp_connections"].get<double>() / json["tc"].get<double>(), 0.9, 0.1);
  options.tcp = 0;
  Hearer without;
  EXPECT_EQ(listen(options, without)["tcp"], 0);
  EXPECT_GT(without.truncated, 20U);
}

TEST(Streams, CutWhatIsLargerThanTheMtu) {
  Options options = mixed(View::resolver);
  options.tcp = options.malformed = options.not_dns = 0;
  options.v6 = 0.5;
  for (std::uint32_t mtu : {576U, 1500U, 9000U}) {
    options.mtu = mtu;
    std::size_t largest_v4 = 0, largest_v6 = 0, cut = 0;
    auto truth = generate(options, [&](TimeNs, ByteSpan frame, std::uint32_t) -> Result<void> {
      bool v6 = frame[12] == 0x86;
      std::size_t& largest = v6 ? largest_v6 : largest_v4;
      largest = std::max(largest, frame.size() - ethernet_header);
      return {};
    });
    ASSERT_TRUE(truth.ok());
    cut = truth->parts();
    EXPECT_GT(cut, 100U);
    // The last fragments fill up what the multiple of 8 leaves.
    EXPECT_LE(largest_v4, mtu);
    EXPECT_GT(largest_v4 + 8, mtu);
    EXPECT_LE(largest_v6, std::max(mtu, 1280U));
    EXPECT_GT(largest_v6 + 8, std::max(mtu, 1280U));
  }
}

TEST(Streams, AreCutWhereThePacketsEnd) {
  Options options = mixed(View::tld);
  options.malformed = options.not_dns = 0;
  options.tcp = 1;
  options.tcp_queries = 6;
  for (std::uint64_t packets = 1; packets < 400; ++packets) {
    options.packets = packets;
    options.seed = packets;
    Hearer hearer;
    Json json = listen(options, hearer);
    EXPECT_EQ(hearer.packets, packets);
    EXPECT_EQ(json["messages"], hearer.heard.size()) << packets;
    EXPECT_EQ(json["queries"], hearer.queries) << packets;
  }
}

TEST(Streams, LeaveOutOfTheMessagesWhatOnlyACaptureHas) {
  Options options = mixed(View::resolver);
  options.malformed = 0.1;
  options.duplicates = options.not_dns = 0.1;
  options.dnstap = dnstap::MessageKind::auth;
  std::uint64_t told = 0, bad = 0;
  auto truth = generate_messages(options, [&](const Message& m) -> Result<void> {
    dns::Message message;
    ++told;
    bad += dns::parse(m.wire, message) == dns::ParseError::none ? 0U : 1U;
    return {};
  });
  ASSERT_TRUE(truth.ok());
  EXPECT_EQ(truth->packets(), told);
  EXPECT_EQ(truth->malformed(), bad);
  EXPECT_GT(bad, 100U);
  EXPECT_EQ(truth->not_dns(), 0U);
  Json json = Json::parse(truth->json(options));
  EXPECT_EQ(json["unmatched"], 0);  // no response twice
  for (const char* damage : {"truncated", "malformed_ip", "malformed_udp"})
    EXPECT_EQ(json["malformed_by_reason"][damage], 0);
}

TEST(Streams, KeepTheLimitOfFrames) {
  Options options = mixed(View::resolver);
  options.tcp = 1;
  options.tcp_queries = 8;
  options.dnstap = dnstap::MessageKind::auth;
  for (std::uint64_t frames : {1U, 50U, 51U, 52U, 53U}) {
    options.packets = frames;
    std::uint64_t told = 0;
    auto truth = generate_messages(options, [&](const Message&) -> Result<void> {
      ++told;
      return {};
    });
    ASSERT_TRUE(truth.ok());
    EXPECT_EQ(told, frames);
    EXPECT_EQ(truth->messages(), frames);
  }
}

}  // namespace
}  // namespace dnstorm::capture::synth
