#include "capture/synth/generator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "tests/unit/capture/synth/recount.hpp"

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
  EXPECT_EQ(fingerprint(options), 3525962050111550315U);
  EXPECT_EQ(fingerprint(small(View::root)), 9229264024100382615U);
  Options tld = small(View::tld);
  tld.pace = Pace::bursty;
  EXPECT_EQ(fingerprint(tld), 6574618451101204990U);
}

TEST(Generator, GivesOtherBytesForAnotherSeed) {
  Options options = small(View::resolver);
  std::uint64_t first = fingerprint(options);
  EXPECT_EQ(fingerprint(options), first);
  options.seed = 2;
  EXPECT_NE(fingerprint(options), first);
}

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

// Queries by hour of a run over whole hours.
std::vector<double> by_hour(Options options, std::size_t hours) {
  options.queries.reset();
  options.duration = static_cast<DurationNs>(hours) * 3600 * ns_per_s;
  options.loss = 0;
  std::vector<double> counts(hours);
  auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t) {
    auto hour = static_cast<std::size_t>((time - options.start) / (3600 * ns_per_s));
    bool query = frame.size() > 40 && frame[0] == 0x02 && frame[5] == 0x53;
    if (hour < hours && query) ++counts[hour];
    return Result<void>();
  });
  EXPECT_TRUE(truth.ok());
  return counts;
}

TEST(Generator, HasTheRhythmOfADay) {
  Options options = small(View::resolver);
  options.pace = Pace::diurnal;
  options.rate = 1;
  options.rhythm.assign(24, 10);
  options.rhythm[12] = options.rhythm[13] = options.rhythm[14] = 50;
  std::vector<double> counts = by_hour(options, 24);
  double mean = 24 * 10 + 3 * 40;
  EXPECT_NEAR(counts[5], 3600 * 10 * 24 / mean, 200);
  EXPECT_NEAR(counts[13], 3600 * 50 * 24 / mean, 500);
  EXPECT_NEAR(std::accumulate(counts.begin(), counts.end(), 0.0), 86400, 2000);
}

TEST(Generator, HasTheRhythmOfAWeekFromMondayOn) {
  Options options = small(View::resolver);
  options.pace = Pace::diurnal;
  options.rate = 0.5;
  options.start = 1768780800 * ns_per_s;  // Monday, 2026-01-19
  options.rhythm.assign(168, 10);
  for (std::size_t hour = 48; hour < 72; ++hour) options.rhythm[hour] = 40;  // Wednesday
  std::vector<double> counts = by_hour(options, 96);
  EXPECT_GT(counts[60], 3 * counts[30]);
  EXPECT_GT(counts[60], 3 * counts[80]);
}

TEST(Generator, KeepsNoNamesUnlessAskedTo) {
  Options options = small(View::resolver);
  Json with = Json::parse(run(options)->json(options));
  options.count_names = false;
  Json without = Json::parse(run(options)->json(options));
  EXPECT_FALSE(without.contains("qnames"));
  EXPECT_FALSE(without.contains("top_names"));
  for (const auto& [key, value] : without.items()) EXPECT_EQ(value, with[key]) << key;
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
                                   {"--rhythm",
                                    [](Options& o) {
                                      o.rhythm = {1, 2};
                                    }},
                                   {"--rhythm", [](Options& o) { o.rhythm.assign(24, 0); }},
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
