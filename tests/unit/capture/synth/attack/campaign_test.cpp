// What holds for attacks of every kind.
#include "capture/synth/attack/campaign.hpp"

#include <gmock/gmock.h>

#include "capture/synth/attack/attack.hpp"
#include "tests/unit/capture/synth/attack/seen.hpp"
#include "tests/unit/capture/synth/recount.hpp"

namespace dnstorm::capture::synth::attack {
namespace {

using Json = nlohmann::json;

class EveryAttack : public testing::TestWithParam<std::string> {};

bool puts_packets(const std::string& kind) { return kind != "latency"; }

// Short, for there are many kinds.
Options brief(View view) {
  Options options = Options::of(view);
  options.rate = 50;
  options.names = 100;
  options.clients = 100;
  options.duration = 16 * ns_per_s;
  return options;
}
Options brief_with(const std::string& attack, View view = View::resolver) {
  return with(attack, brief(view), ",at=4s,for=8s");
}

TEST_P(EveryAttack, LeavesTheRestAsItIs) {
  if (!puts_packets(GetParam())) GTEST_SKIP() << "it changes the rest";
  for (View view : {View::resolver, View::root, View::tld}) {
    Options options = brief(view);
    auto [all, truth] = generated(brief_with(GetParam(), view));
    auto [without, before] = generated(options);
    Packets rest = added(all, without);
    const Json& attack = truth["attacks"][0];
    ASSERT_FALSE(rest.empty());
    EXPECT_EQ(attack["kind"], GetParam());
    EXPECT_EQ(attack["packets"], rest.size());
    for (const char* key : {"queries", "responses", "packets"})
      EXPECT_EQ(attack[key].get<std::uint64_t>() + before[key].get<std::uint64_t>(),
                truth[key].get<std::uint64_t>())
          << key;
    EXPECT_EQ(attack["first"], format_time(rest.front().first));
    EXPECT_EQ(attack["last"], format_time(rest.back().first));
    EXPECT_GE(rest.front().first, options.start + 4 * ns_per_s);
    // Answers may come a little behind the end.
    EXPECT_LT(rest.back().first, options.start + 15 * ns_per_s);
  }
}

TEST_P(EveryAttack, TellsTheTruth) {
  for (View view : {View::resolver, View::root, View::tld}) {
    Options options = brief_with(GetParam(), view);
    options.malformed = options.not_dns = 0.02;
    Recount recount;
    auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t length) {
      return recount.packet(time, frame, length);
    });
    ASSERT_TRUE(truth.ok());
    Json json = Json::parse(truth->json(options));
    EXPECT_EQ(json["packets"], recount.packets);
    EXPECT_EQ(json["messages"], recount.messages);
    EXPECT_EQ(json["queries"], recount.queries);
    EXPECT_EQ(json["edns"], recount.edns);
    EXPECT_EQ(json["do"], recount.dnssec_ok);
    EXPECT_EQ(json["tc"], recount.tc);
    EXPECT_EQ(json["qnames"], recount.names.size());
    EXPECT_EQ(json["clients"], recount.clients.size());
    EXPECT_EQ(json["qtypes"], Json(recount.types));
    EXPECT_EQ(json["rcodes"], Json(recount.rcodes));
    EXPECT_EQ(json["not_dns_by_kind"], Json(recount.noise));
    EXPECT_EQ(json["transactions"], recount.transactions);
    EXPECT_EQ(json["response_time_us"]["sum"], recount.time_sum / 1000);
  }
}

TEST_P(EveryAttack, GivesTheSameBytesAgain) {
  EXPECT_EQ(generated(brief_with(GetParam())), generated(brief_with(GetParam())));
}

TEST_P(EveryAttack, IsStrongerWhenItShallBe) {
  if (!puts_packets(GetParam())) GTEST_SKIP() << "it has no packets";
  const Kind& kind = *find_kind(GetParam());
  EXPECT_LT(kind.rates[0], kind.rates[1]);
  EXPECT_LT(kind.rates[1], kind.rates[2]);
  std::uint64_t last = 0;
  for (const char* strength : {"low", "normal"}) {
    Options options = brief(View::resolver);
    options.duration = 90 * ns_per_s;
    options.rate = 2;
    auto [packets, truth] =
        generated(with(GetParam() + ",strength=" + strength, options, ",at=0s,for=80s"));
    const Json& attack = truth["attacks"][0];
    EXPECT_EQ(attack["strength"], strength);
    EXPECT_GT(attack["packets"].get<std::uint64_t>(), last);
    last = attack["packets"].get<std::uint64_t>();
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EveryAttack, testing::ValuesIn(kind_names()),
                         [](const auto& kind) { return kind.param; });

TEST(Campaign, LaysSeveralAttacksOverOneTraffic) {
  Options options = with("tunnel,domain=one.example.org", with("tunnel,domain=two.example.org"));
  auto [packets, truth] = generated(options);
  ASSERT_EQ(truth["attacks"].size(), 2U);
  EXPECT_EQ(truth["attacks"][0]["key"], "two.example.org");
  EXPECT_EQ(truth["attacks"][1]["key"], "one.example.org");
  // Each has randomness of its own.
  EXPECT_NE(truth["attacks"][0]["first"], truth["attacks"][1]["first"]);
}

TEST(Campaign, EndsWithTheTraffic) {
  Options options = quiet();
  options.duration = 20 * ns_per_s;
  auto [packets, truth] = generated(with("volume", options));
  EXPECT_LT(packets.back().first, options.start + 25 * ns_per_s);
  options = quiet();
  options.duration.reset();
  options.queries = 1500;  // those of the attack do not count
  auto [more, counted] = generated(with("random_subdomain", options));
  auto n = [](const auto& value) { return value.template get<std::uint64_t>(); };
  EXPECT_EQ(n(counted["queries"]),
            n(generated(options).second["queries"]) + n(counted["attacks"][0]["queries"]));
}

TEST(Campaign, KeepsTheLimitOfPackets) {
  Options options = quiet();
  options.packets = 3000;
  auto [packets, truth] = generated(with("random_subdomain", options));
  EXPECT_EQ(packets.size(), 3000U);
  EXPECT_EQ(truth["packets"], 3000);
}

}  // namespace
}  // namespace dnstorm::capture::synth::attack
