// What the attacks look like, each by what the published detectors look for.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "capture/synth/attack/attack.hpp"
#include "tests/unit/capture/synth/attack/seen.hpp"

namespace dnstorm::capture::synth::attack {
namespace {

namespace type = dns::type;
namespace rcode = dns::rcode;

template <class List, class Of>
auto distinct(const List& list, Of of) {
  std::set<std::decay_t<decltype(of(list.front()))>> values;
  for (const auto& row : list) values.insert(of(row));
  return values;
}
std::string name_of(const Seen& s) { return s.name; }
std::string source_of(const Seen& s) { return s.src; }
std::set<std::string> names(const std::vector<Seen>& list) { return distinct(list, name_of); }

double share(const std::vector<Seen>& list, std::uint16_t code) {
  auto count =
      std::count_if(list.begin(), list.end(), [&](const Seen& s) { return s.rcode == code; });
  return static_cast<double>(count) / static_cast<double>(list.size());
}
bool is_below(const std::string& name, const std::string& domain) {
  return name.ends_with("." + domain);
}
std::string address(const SeenRecord& record) {
  EXPECT_EQ(record.type, type::a);
  return format_ip(IpAddress::v4(record.data.data()));
}

TEST(RandomSubdomain, AsksForNamesOfTheirOwnBelowOneDomain) {
  Attacked a = attacked("random_subdomain");
  EXPECT_EQ(a.truth["key"], "torture-victim.com");
  EXPECT_NEAR(static_cast<double>(a.queries.size()), 300 * 40, 600);
  EXPECT_EQ(names(a.queries).size(), a.queries.size());
  for (const Seen& s : a.queries) ASSERT_TRUE(is_below(s.name, "torture-victim.com"));
  EXPECT_GT(share(a.responses, rcode::nxdomain), 0.9);
  EXPECT_GT(distinct(a.queries, source_of).size(), 20U);
}

TEST(RandomSubdomain, TiresTheServersWhenItIsStrong) {
  Attacked a = attacked("random_subdomain,strength=high,domain=victim.example.org,rate=200");
  EXPECT_EQ(a.truth["key"], "victim.example.org");
  EXPECT_NEAR(static_cast<double>(a.responses.size()) / static_cast<double>(a.queries.size()), 0.85,
              0.03);
  EXPECT_NEAR(share(a.responses, rcode::servfail), 0.15 / 0.85, 0.03);
}

TEST(NxdomainFlood, ComesFromOneNetworkForNamesEverywhere) {
  Attacked a = attacked("nxdomain_flood");
  EXPECT_EQ(a.truth["key"], "172.16.4.0/24");
  for (const Seen& s : a.queries) ASSERT_TRUE(s.src.starts_with("172.16.4."));
  EXPECT_EQ(share(a.responses, rcode::nxdomain), 1);
  EXPECT_GT(names(a.queries).size(), a.queries.size() * 99 / 100);
}

TEST(Tunnel, CarriesBytesByItsStrength) {
  const std::map<std::string, std::pair<double, double>> bytes_per_second = {
      {"low", {0.5, 2}}, {"normal", {50, 200}}, {"high", {3000, 12000}}};
  for (const auto& [strength, range] : bytes_per_second) {
    Attacked a = attacked("tunnel,strength=" + strength);
    EXPECT_EQ(a.truth["key"], "tunnel-end.com");
    EXPECT_EQ(distinct(a.queries, source_of).size(), 1U);
    double letters = 0;
    for (const Seen& s : a.queries)
      letters += static_cast<double>(s.name.size() - std::string(".tunnel-end.com").size());
    EXPECT_GT(letters * 5 / 8 / 40, range.first) << strength;
    EXPECT_LT(letters * 5 / 8 / 40, range.second) << strength;
  }
  EXPECT_EQ(attacked("tunnel").queries.front().type, type::txt);
  EXPECT_EQ(attacked("tunnel,strength=high").responses.front().records.front().data.size(), 250U);
}

TEST(Dga, ItsClientsAskForNamesThatAreNot) {
  for (const char* mode : {"letters", "hex", "words"}) {
    Attacked a = attacked(std::string("dga,rate=20,mode=") + mode);
    auto clients = distinct(a.queries, source_of);
    EXPECT_GE(clients.size(), 2U);
    EXPECT_TRUE(clients.contains(a.truth["key"].get<std::string>()));
    EXPECT_GT(share(a.responses, rcode::nxdomain), 0.98);
    EXPECT_GT(names(a.queries).size(), a.queries.size() * 95 / 100);
  }
}

TEST(Amplification, SendsManyTimesWhatItGot) {
  Attacked a = attacked("amplification");
  EXPECT_EQ(a.truth["key"], "172.16.8.0/24");
  std::size_t in = 0, out = 0;
  for (const Seen& s : a.queries) in += s.size;
  for (const Seen& s : a.responses) {
    out += s.size;
    EXPECT_TRUE(s.dst.starts_with("172.16.8."));
    EXPECT_LE(s.size, 1472U);  // one packet
  }
  EXPECT_GT(out, in * 20);
  EXPECT_EQ(names(a.queries).size(), 1U);
}

TEST(Poisoning, GuessesIdsAndPortsBeforeTheTrueAnswer) {
  Attacked a = attacked("poisoning");
  std::map<std::string, const Seen*> asked;
  for (const Seen& s : a.queries) asked[s.name] = &s;
  std::size_t right = 0, port = 0;
  std::map<std::string, std::set<std::vector<std::uint8_t>>> data;
  for (const Seen& s : a.responses) {
    const Seen& query = *asked.at(s.name);
    EXPECT_EQ(s.src, query.dst);
    if (s.id != query.id) {
      port += s.dst_port != query.src_port ? 1U : 0U;
      continue;
    }
    ++right;
    data[s.name].insert(s.records.front().data);
  }
  auto won = static_cast<std::size_t>(
      std::count_if(data.begin(), data.end(), [](auto& row) { return row.second.size() == 2; }));
  EXPECT_EQ(right, a.queries.size() + won);
  EXPECT_GT(won, 0U);
  EXPECT_NEAR(static_cast<double>(a.responses.size()), 21.0 * static_cast<double>(a.queries.size()),
              1);
  EXPECT_GT(port, a.responses.size() / 10);
}

TEST(Backscatter, IsIcmpThatQuotesAnswers) {
  auto [packets, truth] = generated(with("backscatter"));
  auto [without, before] = generated(quiet());
  EXPECT_EQ(truth["attacks"][0]["key"], "172.16.12.54");
  std::uint64_t errors = truth["attacks"][0]["packets"];
  EXPECT_NEAR(static_cast<double>(errors), 200, 50);
  std::uint64_t quoted = before["embedded"];
  EXPECT_EQ(truth["embedded"], quoted + errors);
  EXPECT_EQ(truth["messages"], before["messages"]);
  for (const Seen& s : attacked("backscatter").errors) EXPECT_EQ(s.src, "172.16.12.54");
}

TEST(ZoneScan, GoesThroughAListOfWords) {
  Attacked a = attacked("zone_scan,rate=500");
  EXPECT_EQ(a.truth["key"], "172.16.16.9");
  EXPECT_EQ(a.queries[0].name, "www.scanned-zone.com");
  EXPECT_GT(a.queries.size(), 10000U);  // beyond the words and pairs of them
  EXPECT_EQ(names(a.queries).size(), a.queries.size());
  EXPECT_NEAR(share(a.responses, rcode::nxdomain), 0.95, 0.02);
}

TEST(ZoneScan, WalksFromNameToName) {
  Attacked a = attacked("zone_scan,mode=nsec");
  ASSERT_GT(a.queries.size(), 100U);
  for (std::size_t i = 1; i < a.queries.size(); ++i)
    EXPECT_GT(a.queries[i].name, a.queries[i - 1].name);
  for (const Seen& s : a.responses) {
    auto nsec = std::find_if(s.records.begin(), s.records.end(),
                             [](const SeenRecord& r) { return r.type == type::nsec; });
    ASSERT_NE(nsec, s.records.end());
    // In the order of labels the name falls behind the owner.
    EXPECT_LT(nsec->owner.substr(0, nsec->owner.find('.')), s.name.substr(0, s.name.find('.')));
  }
}

TEST(FastFlux, AnswersWithAddressesOfManyNetworks) {
  Attacked a = attacked("fast_flux");
  std::set<std::string> addresses, networks;
  for (const Seen& s : a.responses) {
    for (const SeenRecord& record : s.records) {
      if (record.type != type::a) continue;
      EXPECT_EQ(record.ttl, 120U);
      std::string ip = address(record);
      addresses.insert(ip);
      networks.insert(ip.substr(0, ip.find('.', ip.find('.') + 1)));
    }
  }
  EXPECT_GT(addresses.size(), 100U);
  EXPECT_GT(networks.size(), 90U);
  EXPECT_TRUE(is_below(a.queries.front().name, a.truth["key"]));
}

TEST(NewlyObserved, IsAskedBySeveralClients) {
  Attacked a = attacked("newly_observed");
  EXPECT_GT(distinct(a.queries, source_of).size(), 5U);
  EXPECT_THAT(names(a.queries),
              testing::ElementsAre("never-seen-before.com", "www.never-seen-before.com"));
  EXPECT_EQ(share(a.responses, rcode::noerror), 1);
}

TEST(Typosquat, LooksLikeTheProtectedOne) {
  Attacked a = attacked("typosquat,strength=high,domain=dnstorm.example");
  auto all = names(a.queries);
  EXPECT_GT(all.size(), 20U);
  for (const std::string& name : all) {
    EXPECT_NE(name, "dnstorm.example");
    EXPECT_TRUE(name.ends_with(".example"));
    if (name.starts_with("xn--")) continue;
    EXPECT_LE(name.size(), std::string("dnstorm.example").size() + 1);
  }
  EXPECT_TRUE(all.contains("dnst0rm.example"));
  EXPECT_TRUE(all.contains("xn--dnstrm-zqf.example"));  // a Cyrillic o
}

TEST(Rebinding, TurnsFromPublicToInner) {
  Attacked a = attacked("rebinding");
  std::map<std::string, std::vector<std::string>> answers;
  for (const Seen& s : a.responses) answers[s.name].push_back(address(s.records.front()));
  std::size_t turned = 0;
  for (const auto& [name, list] : answers) {
    if (list.size() < 2) continue;
    ++turned;
    EXPECT_EQ(list[0], "198.18.66.8");
    EXPECT_FALSE(list[1].starts_with("198."));
  }
  EXPECT_GT(turned, 5U);
}

TEST(OpenResolver, AnswersStrangersWithRecursion) {
  Attacked open = attacked("open_resolver");
  for (const Seen& s : open.queries) {
    EXPECT_TRUE(s.src.starts_with("172.17."));
    EXPECT_TRUE(s.rd);
    EXPECT_EQ(s.dst, open.truth["key"]);
  }
  Attacked rogue = attacked("open_resolver,mode=rogue");
  EXPECT_EQ(rogue.truth["key"], "172.16.20.53");
  for (const Seen& s : rogue.queries) EXPECT_EQ(s.dst, "172.16.20.53");
}

TEST(DnssecFailure, FailsUnlessUnchecked) {
  Attacked a = attacked("dnssec_failure");
  EXPECT_GT(distinct(a.queries, source_of).size(), 20U);
  std::size_t unchecked = 0;
  for (const Seen& s : a.responses) {
    EXPECT_EQ(s.rcode, s.cd ? rcode::noerror : rcode::servfail);
    unchecked += s.cd ? 1U : 0U;
  }
  EXPECT_GT(unchecked, 20U);
}

TEST(LameDelegation, OneOfTwoServersRefuses) {
  Attacked a = attacked("lame_delegation");
  std::map<std::string, std::set<std::uint16_t>> codes;
  for (const Seen& s : a.responses) codes[s.src].insert(s.rcode);
  ASSERT_EQ(codes.size(), 2U);
  EXPECT_THAT(codes.begin()->second, testing::ElementsAre(rcode::servfail, rcode::refused));
  EXPECT_THAT(codes.rbegin()->second, testing::ElementsAre(rcode::noerror));
}

TEST(Latency, SlowsOneServer) {
  auto [packets, truth] = generated(with("latency,strength=high"));
  auto [without, before] = generated(quiet());
  EXPECT_GT(truth["attacks"][0]["slowed"], 1000);
  EXPECT_EQ(truth["queries"], before["queries"]);
  EXPECT_GT(truth["response_time_us"]["sum"].get<double>(),
            5 * before["response_time_us"]["sum"].get<double>());
}

TEST(Loops, AskTheSameAgainAndAgain) {
  Attacked a = attacked("loops");
  EXPECT_LE(names(a.queries).size(), 4U);
  EXPECT_LE(distinct(a.queries, source_of).size(), 3U);
  EXPECT_NEAR(static_cast<double>(a.queries.size()), 4000, 300);
}

TEST(FanOut, MakesTheResolverAskManyTimes) {
  Attacked a = attacked("fan_out");
  EXPECT_EQ(a.truth["key"], "fan-out-victim.com");
  std::size_t client = 0, victim = 0;
  for (const Seen& s : a.queries) ++(is_below(s.name, "fan-out-victim.com") ? victim : client);
  EXPECT_EQ(victim, client / 2 * 100);  // and the delegation is asked for once
}

TEST(FanOut, IsOfTheResolverInDnstap) {
  Options options = with("fan_out");
  options.dnstap = dnstap::MessageKind::client;
  std::uint64_t upstream = 0;
  auto truth = generate_messages(options, [&](const Message& message) {
    upstream += message.upstream && !message.response ? 1U : 0U;
    return Result<void>();
  });
  ASSERT_TRUE(truth.ok());
  auto json = nlohmann::json::parse(truth->json(options));
  EXPECT_GT(upstream, 1000U);
  EXPECT_EQ(json["types"]["RQ"], upstream);
  EXPECT_EQ(json["types"]["CQ"].get<std::uint64_t>() + upstream, json["queries"]);
}

TEST(Volume, IsAMultipleOfTheRest) {
  Attacked a = attacked("volume");
  EXPECT_NEAR(static_cast<double>(a.queries.size()), 2 * 100 * 40, 400);
  EXPECT_GT(names(a.queries).size(), 100U);
}

}  // namespace
}  // namespace dnstorm::capture::synth::attack
