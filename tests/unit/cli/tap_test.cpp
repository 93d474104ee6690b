#include "cli/tap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/load.hpp"
#include "cli/tap_desk.hpp"
#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr const char* topology = R"(name: words
spouts:
  - id: words
    className: words
    properties: {words: [alpha, beta, "a b"], order: cycle, limit: 900}
bolts:
  - {id: counts, className: count, properties: {by: [word], window: 0s}}
  - {id: same, className: filter, properties: {where: word != none}}
  - {id: out, className: discard}
streams:
  - {from: words, to: counts, grouping: {type: FIELDS, args: [word]}}
  - {from: words, to: same, grouping: {type: SHUFFLE}}
  - {from: same, to: out, grouping: {type: SHUFFLE}}
  - {from: counts, to: out, grouping: {type: GLOBAL}}
)";

class StillClock final : public Clock {
 public:
  TimeNs wall_ns() const override { return 0; }
  TimeNs steady_ns() const override { return now; }
  TimeNs now = 0;
};

class TapTest : public ::testing::Test {
 protected:
  TapTest() : plan(load_plan_text(topology, "words.yaml", {}, registry).value()) {}

  std::unique_ptr<Tap> open(const TapRequest& request) {
    auto tap = Tap::open(plan, hub, clock, request);
    EXPECT_TRUE(tap.ok()) << tap.error().what;
    return std::move(tap).value();
  }
  std::string problem(const TapRequest& request) {
    auto tap = Tap::open(plan, hub, clock, request);
    return tap.ok() ? "" : tap.error().what;
  }
  void run() {
    runtime::RunOptions options;
    options.taps = &hub;
    auto run = runtime::LocalRun::start(plan, options).value();
    ASSERT_TRUE(run->wait().ok());
  }
  static std::vector<json> lines(const std::string& text) {
    std::vector<json> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
  }

  OperatorRegistry registry = builtin_registry();
  plan::Plan plan;
  runtime::TapHub hub;
  StillClock clock;
};

TEST_F(TapTest, ShowsSchemaRowsAndHonestCounts) {
  auto tap = open({"words->counts", "word == beta", 50});
  run();
  tap->end();
  EXPECT_FALSE(tap->ended());
  auto seen = lines(tap->take());
  EXPECT_TRUE(tap->ended());
  ASSERT_EQ(seen.size(), 7u) << "a head, a tenth of the rate, the end";
  EXPECT_EQ(seen[0]["tap"]["edge"], "words->counts");
  EXPECT_EQ(seen[0]["tap"]["rate"], 50);
  EXPECT_THAT(seen[0]["tap"]["fields"].dump(), HasSubstr(R"({"name":"word","type":"string"})"));
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_EQ(seen[i]["component"], "counts");
    EXPECT_EQ(seen[i]["task"], 0);
    EXPECT_EQ(seen[i]["row"]["word"], "beta");
  }
  EXPECT_EQ(seen[6]["counts"],
            json({{"seen", 900}, {"matched", 300}, {"shown", 5}, {"not_shown", 295}}));
}

TEST_F(TapTest, WhatDoesNotFitIsNotShownAndSaidSo) {
  auto tap = open({"words", "", 10'000});
  run();
  auto seen = lines(tap->take());
  EXPECT_EQ(seen.size(), 1u + 900u);
  clock.now += ns_per_s;
  seen = lines(tap->take());
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0]["counts"]["shown"], 900);
  EXPECT_EQ(tap->take(), "") << "counts come when they change";
}

TEST_F(TapTest, OfAClusterSaysWhereItsRowsAre) {
  auto tap = open({"words", "", 10, "n1"});
  run();
  auto seen = lines(tap->take());
  ASSERT_GT(seen.size(), 1u);
  EXPECT_EQ(seen[1]["node"], "n1");
}

TEST_F(TapTest, IsGoneWithoutATraceWhenItIsClosed) {
  open({"words"}).reset();
  EXPECT_FALSE(hub.any_open());
}

TEST_F(TapTest, AWrongEdgeIsToldWithThoseThereAre) {
  EXPECT_THAT(problem({"word"}), HasSubstr("no component 'word', did you mean 'words'?"));
  EXPECT_THAT(problem({"zzz"}), HasSubstr("edges are words, same, counts, words->counts"));
  EXPECT_THAT(problem({"words:late"}), HasSubstr("there is no edge 'words:late', or nobody reads"));
  EXPECT_THAT(problem({"counts->same"}), HasSubstr("there is no edge 'counts->same'"));
}

TEST_F(TapTest, AWrongFilterOrRateIsTold) {
  EXPECT_THAT(problem({"words", "color == red"}), HasSubstr("have no field 'color'"));
  EXPECT_THAT(problem({"words", "word =="}), HasSubstr("tap: the filter: "));
  EXPECT_THAT(problem({"words", "", 0}), HasSubstr("between 1 and 10000"));
}

TEST_F(TapTest, IsReadableText) {
  EXPECT_EQ(tap_text(R"({"at":"2026-01-01T00:00:00Z","component":"d","task":1,)"
                     R"("row":{"word":"a b","n":7,"ok":true,"name":"\u202ex"}})"),
            "2026-01-01T00:00:00Z d/1 word=\"a b\" n=7 ok=true name=\"\\u202ex\"\n");
  EXPECT_EQ(tap_text(R"({"end":true,"counts":{"seen":3,"matched":2,"shown":1,"not_shown":1}})"),
            "-- the run has ended: 3 seen, 2 matched, 1 shown, 1 not shown\n");
  EXPECT_EQ(tap_text(R"({"at":"2026-01-01T00:00:00Z","node":"n1","component":"d","task":1,)"
                     R"("row":{"n":7}})"),
            "2026-01-01T00:00:00Z n1 d/1 n=7\n");
  EXPECT_EQ(tap_text(R"({"end":true,"reason":"the topology is gone",)"
                     R"("counts":{"seen":3,"matched":2,"shown":1,"not_shown":1}})"),
            "-- the topology is gone: 3 seen, 2 matched, 1 shown, 1 not shown\n");
  EXPECT_EQ(tap_text("nonsense"), "");
  EXPECT_EQ(tap_text(R"({"row":1})"), "");
}

TEST_F(TapTest, NoMoreThanEightAreOpenAtOnce) {
  TapDesk desk(plan, clock);
  std::vector<std::unique_ptr<board::LineSource>> open;
  for (std::size_t i = 0; i < TapDesk::open_max; ++i)
    open.push_back(desk.open(TapRequest{"words"}).value());
  auto refused = desk.open(TapRequest{"words"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::unavailable);
  open.pop_back();
  EXPECT_TRUE(desk.open(board::TapQuery{"words", "", "10"}).ok());
  EXPECT_FALSE(desk.open(board::TapQuery{"words", "", "many"}).ok());
  desk.end();
  open[0]->take();
  EXPECT_TRUE(open[0]->ended());
}

}  // namespace
}  // namespace dnstorm::cli
