#include "capture/synth/generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"

namespace dnstorm::capture::synth {
namespace {

using Json = nlohmann::json;

Options small(View view) {
  Options options = Options::of(view);
  options.queries = 3000;
  options.names = 500;
  return options;
}

// Everything that the sink sees, as one number (FNV-1a over times, lengths and bytes).
std::uint64_t fingerprint(const Options& options) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  auto add = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3U; };
  auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t length) {
    add(static_cast<std::uint64_t>(time));
    add(length);
    for (std::uint8_t byte : frame) add(byte);
    return Result<void>();
  });
  EXPECT_TRUE(truth.ok());
  return hash;
}

Result<Truth> run(const Options& options) {
  return generate(options, [](TimeNs, ByteSpan, std::uint32_t) { return Result<void>(); });
}

TEST(Generator, GivesTheSameBytesForTheSameSeedOnAnyMachine) {
  Options options = small(View::resolver);
  options.malformed = options.not_dns = 0.02;
  EXPECT_EQ(fingerprint(options), 11936278307258349371U);
  EXPECT_EQ(fingerprint(small(View::root)), 12315625951596274359U);
  Options tld = small(View::tld);
  tld.pace = Pace::bursty;
  EXPECT_EQ(fingerprint(tld), 5267379755276063197U);
}

TEST(Generator, GivesOtherBytesForAnotherSeed) {
  Options options = small(View::resolver);
  std::uint64_t first = fingerprint(options);
  EXPECT_EQ(fingerprint(options), first);
  options.seed = 2;
  EXPECT_NE(fingerprint(options), first);
}

// Reads the frames again with dnstorm's own decoder and counts all that the truth tells.
class Recount {
 public:
  Result<void> packet(TimeNs time, ByteSpan frame, std::uint32_t length) {
    EXPECT_GE(time, last_);
    last_ = time;
    ++packets;
    packet::Datagram datagram;
    switch (packet::decode(packet::LinkType::ethernet, frame, length, datagram)) {
      case packet::Verdict::udp:
        udp(time, datagram);
        break;
      case packet::Verdict::truncated:
        ++malformed["truncated"];
        break;
      case packet::Verdict::malformed_ip:
        ++malformed["malformed_ip"];
        break;
      case packet::Verdict::malformed_udp:
        ++malformed["malformed_udp"];
        break;
      case packet::Verdict::tcp:
        ++noise["tcp"];
        break;
      case packet::Verdict::icmp:
        ++noise["icmp"];
        break;
      case packet::Verdict::not_ip:
        ++noise["arp"];
        break;
      default:
        ADD_FAILURE() << "a packet that nobody made";
    }
    return {};
  }

  std::uint64_t packets = 0, messages = 0, queries = 0, well_formed = 0, v6 = 0, edns = 0,
                dnssec_ok = 0, ecs = 0, tc = 0, transactions = 0;
  DurationNs time_sum = 0;
  std::map<std::string, std::uint64_t> malformed, noise, types, rcodes, opcodes;
  std::set<std::string> names, clients;

 private:
  using Exchange =
      std::tuple<IpAddress, std::uint16_t, IpAddress, std::uint16_t, std::string, std::uint16_t>;

  void udp(TimeNs time, const packet::Datagram& d) {
    if (d.src_port != 53 && d.dst_port != 53) {
      ++noise["udp_other_port"];
      return;
    }
    dns::ParseError error = dns::parse(d.payload, message_);
    if (error != dns::ParseError::none) ++malformed[std::string(to_string(error))];
    if (message_.header_ok) message(d);
    if (error == dns::ParseError::none) match(time, d);
  }
  void message(const packet::Datagram& d) {
    ++messages;
    v6 += d.v6;
    edns += message_.edns.present;
    dnssec_ok += message_.edns.dnssec_ok;
    ecs += message_.edns.find(dns::edns_option::ecs) != nullptr;
    tc += message_.tc;
    ++opcodes[std::to_string(message_.opcode)];
    if (message_.qr)
      ++rcodes[dns::rcode_text(message_.rcode)];
    else
      clients.insert(format_ip(d.src));
    queries += !message_.qr;
    if (!message_.question_ok) return;
    names.insert(std::string(message_.qname));
    if (!message_.qr) ++types[dns::type_text(message_.qtype)];
  }
  void match(TimeNs time, const packet::Datagram& d) {
    ++well_formed;
    auto key = [&](const IpAddress& client, std::uint16_t port, const IpAddress& server) {
      return Exchange(client, port, server, message_.id, std::string(message_.qname),
                      message_.qtype);
    };
    if (!message_.qr) return open_[key(d.src, d.src_port, d.dst)].push_back(time);
    std::deque<TimeNs>& asked = open_[key(d.dst, d.dst_port, d.src)];
    if (asked.empty()) return;
    ++transactions;
    time_sum += time - asked.front();
    asked.pop_front();
  }

  dns::Message message_;
  TimeNs last_ = 0;
  std::map<Exchange, std::deque<TimeNs>> open_;
};

class EveryView : public testing::TestWithParam<View> {};

TEST_P(EveryView, TellsTheTruth) {
  Options options = small(GetParam());
  options.malformed = 0.06;
  options.not_dns = 0.05;
  options.duplicates = 0.02;
  options.mixed_case = 0.3;
  Recount recount;
  auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t length) {
    return recount.packet(time, frame, length);
  });
  ASSERT_TRUE(truth.ok());
  Json json = Json::parse(truth->json(options));
  EXPECT_EQ(json["packets"], recount.packets);
  EXPECT_EQ(json["messages"], recount.messages);
  EXPECT_EQ(json["queries"], recount.queries);
  EXPECT_EQ(json["responses"], recount.messages - recount.queries);
  EXPECT_EQ(json["v6"], recount.v6);
  EXPECT_EQ(json["edns"], recount.edns);
  EXPECT_EQ(json["do"], recount.dnssec_ok);
  EXPECT_EQ(json["ecs"], recount.ecs);
  EXPECT_EQ(json["tc"], recount.tc);
  EXPECT_EQ(json["qnames"], recount.names.size());
  EXPECT_EQ(json["clients"], recount.clients.size());
  EXPECT_EQ(json["opcodes"], Json(recount.opcodes));
  EXPECT_EQ(json["qtypes"], Json(recount.types));
  EXPECT_EQ(json["rcodes"], Json(recount.rcodes));
  EXPECT_EQ(json["malformed_by_reason"], Json(recount.malformed));
  EXPECT_EQ(json["not_dns_by_kind"], Json(recount.noise));
  EXPECT_EQ(json["transactions"], recount.transactions);
  EXPECT_EQ(json["response_time_us"]["sum"], recount.time_sum / 1000);
  EXPECT_GT(recount.transactions, 2000U);
}

TEST_P(EveryView, AccountsForEveryPacket) {
  Options options = small(GetParam());
  options.malformed = options.not_dns = 0.05;
  auto truth = run(options);
  ASSERT_TRUE(truth.ok());
  Json j = Json::parse(truth->json(options));
  auto n = [&](const char* key) { return j[key].get<std::uint64_t>(); };
  std::uint64_t well_formed = n("messages") - n("malformed_queries") - n("malformed_responses");
  EXPECT_EQ(n("packets"), well_formed + n("malformed") + n("not_dns"));
  EXPECT_EQ(n("queries"), n("transactions") + n("unanswered") + n("malformed_queries"));
  EXPECT_EQ(n("responses"), n("transactions") + n("unmatched") + n("malformed_responses"));
}

INSTANTIATE_TEST_SUITE_P(Profiles, EveryView,
                         testing::Values(View::resolver, View::root, View::tld),
                         [](const auto& view) { return std::string(profile(view.param).name); });

TEST(Generator, KeepsItsLimits) {
  Options options = small(View::resolver);
  options.malformed = options.duplicates = options.not_dns = 0;
  EXPECT_EQ(run(options)->queries(), 3000U);
  options.packets = 777;
  EXPECT_EQ(run(options)->packets(), 777U);
  options.packets.reset();
  options.queries.reset();
  options.duration = 2 * ns_per_s;
  options.loss = 0;
  auto truth = run(options);
  EXPECT_NEAR(static_cast<double>(truth->queries()), 2000, 200);
  EXPECT_EQ(truth->responses(), truth->queries());
  EXPECT_EQ(truth->transactions(), truth->queries());
}

TEST(Generator, HasTheSharesThatWereAskedFor) {
  Options options = Options::of(View::resolver);
  options.queries = 40'000;
  options.v6 = 0.3;
  options.edns = 0.6;
  options.dnssec_ok = 0.25;
  options.loss = 0.1;
  options.https = 0.5;
  options.malformed = 0.04;
  options.not_dns = 0.08;
  auto truth = run(options);
  Json j = Json::parse(truth->json(options));
  auto share = [&](const char* key, std::uint64_t of) {
    return j[key].get<double>() / static_cast<double>(of);
  };
  EXPECT_NEAR(share("v6", truth->messages()), 0.3, 0.015);
  EXPECT_NEAR(share("edns", truth->messages()), 0.6, 0.03);
  EXPECT_NEAR(share("do", truth->messages()), 0.25, 0.02);
  EXPECT_NEAR(share("unanswered", truth->queries()), 0.1, 0.01);
  EXPECT_NEAR(j["qtypes"]["HTTPS"].get<double>() / static_cast<double>(truth->queries()), 0.5,
              0.02);
  EXPECT_NEAR(share("malformed", truth->packets()), 0.04, 0.004);
  EXPECT_NEAR(share("not_dns", truth->packets()), 0.08, 0.005);
}

TEST(Generator, CanLeaveThingsOut) {
  Options options = small(View::resolver);
  options.v6 = options.edns = options.dnssec_ok = options.client_subnet = options.cookies = 0;
  options.loss = options.malformed = options.not_dns = options.duplicates = 0;
  options.clients = 1;
  options.names = 1;
  options.one_time = 0;
  auto truth = run(options);
  Json j = Json::parse(truth->json(options));
  for (const char* key :
       {"v6", "edns", "do", "ecs", "malformed", "not_dns", "unanswered", "unmatched"})
    EXPECT_EQ(j[key], 0) << key;
  EXPECT_EQ(j["clients"], 1);
  options.v6 = 1;
  EXPECT_EQ(Json::parse(run(options)->json(options))["v6"], 6000);
}

TEST(Generator, WritesWholeMicrosecondsUnlessAskedForMore) {
  for (bool nanoseconds : {false, true}) {
    Options options = small(View::root);
    options.nanoseconds = nanoseconds;
    bool finer = false;
    auto truth = generate(options, [&](TimeNs time, ByteSpan, std::uint32_t) {
      finer = finer || time % ns_per_us != 0;
      return Result<void>();
    });
    EXPECT_EQ(finer, nanoseconds);
  }
}

TEST(Generator, PassesOnTheErrorOfTheSink) {
  auto truth = generate(small(View::resolver), [](TimeNs, ByteSpan, std::uint32_t) -> Result<void> {
    return Error{ErrorKind::io, "the disk is full", {}};
  });
  ASSERT_FALSE(truth.ok());
  EXPECT_EQ(truth.error().what, "the disk is full");
}

TEST(Generator, RefusesWhatCannotBe) {
  struct Case {
    const char* option;
    void (*change)(Options&);
  };
  for (const Case& c :
       std::initializer_list<Case>{{"--ipv6", [](Options& o) { o.v6 = 1.5; }},
                                   {"--loss", [](Options& o) { o.loss = -0.1; }},
                                   {"--edns", [](Options& o) { o.edns = 0.1, o.dnssec_ok = 0.2; }},
                                   {"--malformed", [](Options& o) { o.malformed = 0.95; }},
                                   {"--rate", [](Options& o) { o.rate = 0; }},
                                   {"--clients", [](Options& o) { o.clients = 0; }},
                                   {"--names", [](Options& o) { o.names = 0; }},
                                   {"--queries", [](Options& o) { o.queries.reset(); }},
                                   {"--tcp", [](Options& o) { o.tcp = 1.1; }},
                                   {"--tcp-queries", [](Options& o) { o.tcp_queries = 0.5; }},
                                   {"--fragments", [](Options& o) { o.fragments = -1; }},
                                   {"--mtu", [](Options& o) { o.mtu = 575; }},
                                   {"--https", [](Options& o) { o.https = -0.1; }}}) {
    Options options = small(View::resolver);
    c.change(options);
    auto truth = run(options);
    ASSERT_FALSE(truth.ok()) << c.option;
    EXPECT_EQ(truth.error().kind, ErrorKind::usage);
    EXPECT_EQ(truth.error().subject, c.option);
  }
  Options options = small(View::resolver);
  options.names_file = "/no/such/list";
  EXPECT_EQ(run(options).error().kind, ErrorKind::no_input);
}

}  // namespace
}  // namespace dnstorm::capture::synth
