#include "cli/board_capacity.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "cli/load.hpp"
#include "operators/sinks/point_store.hpp"
#include "tests/unit/operators/task_harness.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

using nlohmann::json;
using operators::ns_per_hour;
using operators::ns_per_minute;
using operators::testing::StillClock;
using ::testing::HasSubstr;

constexpr TimeNs monday = operators::start_of(473'352);  // 2024-01-01

// Minutes of one server, written as the sink writes them.
void write_hours(const std::string& path, int from, int to) {
  auto store = operators::PointStore::open(path, {.busy_timeout = ns_per_s});
  ASSERT_TRUE(store.ok());
  std::vector<operators::Point> points;
  for (TimeNs time = monday + from * ns_per_hour; time < monday + to * ns_per_hour;
       time += ns_per_minute) {
    operators::Point point;
    point.measurement = "minutes";
    point.series = "minutes,server=ns1";
    point.tags = {{"server", "ns1"}};
    point.time = time;
    point.end = time + ns_per_minute;
    point.fields = {{"count", std::int64_t{600}}};
    points.push_back(std::move(point));
  }
  ASSERT_TRUE(store->write(points).ok());
}

class BoardCapacityTest : public ::testing::Test {
 protected:
  json ask(std::vector<std::pair<std::string, std::string>> query = {}, unsigned status = 200) {
    ApiRequest request;
    request.query = std::move(query);
    ApiAnswer answer = capacity_.answer(request);
    EXPECT_EQ(answer.status, status) << answer.body;
    return json::parse(answer.body);
  }

  dnstorm::testing::TemporaryFolder folder_;
  std::string path_ = folder_.path_of("dns.sqlite");
  StillClock clock_;
  BoardCapacity capacity_{{.store = path_, .limits = {"100", "later=7"}, .share = 70}, clock_};
};

TEST_F(BoardCapacityTest, says_that_nothing_is_known_before_there_is_a_file) {
  EXPECT_THAT(ask()["wanting"].get<std::string>(), HasSubstr("No minute is known yet"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(BoardCapacityTest, reads_the_file_once_a_minute_at_most) {
  write_hours(path_, 0, 30);
  EXPECT_EQ(ask()["known"][0]["hours"], 30);
  write_hours(path_, 30, 40);
  clock_.now += 59 * ns_per_s;
  EXPECT_EQ(ask({{"window", "1h"}})["known"][0]["hours"], 30);
  clock_.now += ns_per_s;
  EXPECT_EQ(ask()["known"][0]["hours"], 40);
}

TEST_F(BoardCapacityTest, has_the_limits_of_the_topology_unless_others_are_asked_for) {
  write_hours(path_, 0, 30);
  json usual = ask();
  EXPECT_EQ(usual["share"], 0.7);
  EXPECT_EQ(usual["servers"][0]["limit"], 100);
  json other = ask({{"limit", "40"}, {"share", "50"}});
  EXPECT_EQ(other["share"], 0.5);
  EXPECT_EQ(other["servers"][0]["limit"], 40);
  // A limit of a server that nothing is known of would be refused there.
  EXPECT_EQ(other["command"],
            "dnstorm advise " + path_ +
                " --window 2h --weeks 4 --share 50 --limit 100 --limit 40 --json");
}

TEST_F(BoardCapacityTest, gives_the_windows_as_a_calendar) {
  write_hours(path_, 0, 30);
  ApiRequest request;
  request.path = "/capacity.ics";
  request.query = {{"window", "3h"}, {"weeks", "2"}};
  ApiAnswer answer = capacity_.answer(request);
  EXPECT_EQ(answer.type, "text/calendar; charset=utf-8");
  EXPECT_THAT(answer.body, HasSubstr("BEGIN:VCALENDAR"));
  EXPECT_THAT(answer.body, HasSubstr("SUMMARY:Quiet window 1: ns1"));
}

TEST_F(BoardCapacityTest, says_what_is_wrong_with_a_question) {
  write_hours(path_, 0, 30);
  auto sentence = [&](const std::string& name, const std::string& value) {
    return ask({{name, value}}, 400)["error"].get<std::string>();
  };
  EXPECT_THAT(sentence("window", "5 parsecs"), HasSubstr("window: '5 parsecs' is no time from"));
  EXPECT_THAT(sentence("weeks", "4.5"), HasSubstr("weeks: '4.5' is no whole number from 1 to 52"));
  EXPECT_THAT(sentence("share", "nan"), HasSubstr("share: 'nan' is no number from 1 to 100"));
  EXPECT_THAT(sentence("limit", "ns1="), HasSubstr("limit: 'ns1=' is no number"));
  EXPECT_THAT(sentence("move", "away"), HasSubstr("move: is by-load"));
  EXPECT_THAT(sentence("server", "ns9"), HasSubstr("nothing is known of 'ns9'; there are: ns1"));
  EXPECT_THAT(sentence("drain", "ns9"), HasSubstr("nothing is known of 'ns9'"));
  EXPECT_THAT(sentence("x", "1"), HasSubstr("x: there is no such argument"));
  ApiRequest request;
  request.path = "/other";
  EXPECT_EQ(capacity_.answer(request).status, 404U);
}

TEST_F(BoardCapacityTest, quotes_what_a_shell_would_take_apart) {
  auto command = [&](const std::string& store) {
    BoardCapacity capacity({.store = store}, clock_);
    return json::parse(capacity.answer({}).body)["command"].get<std::string>();
  };
  EXPECT_THAT(command("my store's.sqlite"),
              HasSubstr("dnstorm advise 'my store'\\''s.sqlite' --window 2h"));
  EXPECT_THAT(command("a\x07'\xff"), HasSubstr("dnstorm advise $'a\\x07\\'\\xff' --window 2h"));
}

plan::Plan plan_of(const std::string& bolts, const std::string& streams,
                   OperatorRegistry& registry) {
  auto plan = load_plan_text(
      "name: t\nconfig: {topology.capacity.limits: [5, ns1=7], topology.capacity.share: 60}\n"
      "spouts: [{id: packets, className: pcap, properties: {file: x.pcap}}]\n"
      "bolts:\n"
      "  - {id: dns, className: decode}\n"
      "  - {id: keep, className: store, properties: {file: k.sqlite, unbounded_tags: true}}\n" +
          bolts +
          "streams:\n"
          "  - {from: packets, to: dns, grouping: {type: SHUFFLE}}\n" +
          streams,
      "t.yaml", {}, registry);
  EXPECT_TRUE(plan.ok());
  return *plan;
}

std::string from_dns(const std::string& to) {
  return "  - {from: dns, to: " + to + ", grouping: {type: GLOBAL, streamId: queries}}\n";
}
std::string to_store(const std::string& from) {
  return "  - {from: " + from + ", to: keep, grouping: {type: GLOBAL}}\n";
}

TEST(CapacitySource, is_what_counts_minutes_best) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = plan_of(
      "  - {id: qtypes, className: count, properties: {by: [qtype]}}\n"
      "  - {id: per_server, className: count, properties: {by: [server]}}\n"
      "  - {id: losses, className: count}\n"
      "  - {id: pairs, className: match}\n"
      "  - {id: times, className: quantiles, properties: {of: latency_us, quantiles: [0.5, "
      "0.95]}}\n",
      from_dns("qtypes") + from_dns("per_server") + from_dns("losses") + to_store("qtypes") +
          to_store("per_server") + to_store("losses") + to_store("times") +
          "  - {from: dns, to: pairs, grouping: {type: GLOBAL}}\n"
          "  - {from: pairs, to: times, grouping: {type: GLOBAL}}\n",
      registry);
  auto source = capacity_source(plan);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->store, "k.sqlite");
  EXPECT_EQ(source->names.measurement, "per_server");
  EXPECT_EQ(source->names.drops, "losses.count");
  EXPECT_EQ(source->names.latency, "times.p50");
  EXPECT_EQ(source->response_time, "times.p95");
  EXPECT_EQ(source->limits, (std::vector<std::string>{"5", "ns1=7"}));
  EXPECT_EQ(source->share, 60);
}

TEST(CapacitySource, is_the_store_with_the_best_counts) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = plan_of(
      "  - {id: qtypes, className: count, properties: {by: [qtype]}}\n"
      "  - {id: minutes, className: count}\n"
      "  - {id: long, className: store, properties: {file: long.sqlite}}\n",
      from_dns("qtypes") + from_dns("minutes") + to_store("qtypes") +
          "  - {from: minutes, to: long, grouping: {type: GLOBAL}}\n",
      registry);
  auto source = capacity_source(plan);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->store, "long.sqlite");
  EXPECT_EQ(source->names.measurement, "minutes");
}

TEST(CapacitySource, of_a_cluster_is_what_boards_show_as_series_of_minutes) {
  OperatorRegistry registry = builtin_registry();
  auto series = [](const std::string& of, const std::string& panel) {
    return std::pair("  - {id: s" + panel +
                         ", className: board, properties: {view: series, panel: " + panel + "}}\n",
                     "  - {from: " + of + ", to: s" + panel + ", grouping: {type: GLOBAL}}\n");
  };
  const auto [load, to_load] = series("per_minute", "load");
  const auto [fast, to_fast] = series("per_second", "fast");
  const auto [lost, to_lost] = series("losses", "lost");
  plan::Plan plan = plan_of(
      "  - {id: per_second, className: count, properties: {window: 1s}}\n"
      "  - {id: per_minute, className: count, properties: {by: [server], window: 1m}}\n"
      "  - {id: losses, className: count, properties: {window: 1m}}\n" +
          load + fast + lost,
      from_dns("per_second") + from_dns("per_minute") + from_dns("losses") + to_store("losses") +
          to_load + to_fast + to_lost,
      registry);
  auto source = capacity_source_of_series(plan, "minutes.sqlite");
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->store, "minutes.sqlite");
  EXPECT_EQ(source->names.measurement, "load");
  EXPECT_EQ(source->names.drops, "lost.count");
  EXPECT_EQ(source->share, 60);
  EXPECT_FALSE(capacity_source(plan).has_value());
}

TEST(CapacitySource, of_a_cluster_is_the_copy_of_a_store_with_windows_of_minutes) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = plan_of(
      "  - {id: per_second, className: count, properties: {window: 1s}}\n"
      "  - {id: minutes, className: count, properties: {by: [server], window: 1m}}\n"
      "  - {id: losses, className: count, properties: {window: 1s}}\n",
      from_dns("per_second") + from_dns("minutes") + from_dns("losses") + to_store("per_second") +
          to_store("minutes") + to_store("losses"),
      registry);
  auto copy = [](const plan::ComponentPlan& store) { return store.id + ".sqlite"; };
  auto source = capacity_source_of_copies(plan, copy);
  ASSERT_TRUE(source.has_value());
  EXPECT_EQ(source->store, "keep.sqlite");
  EXPECT_EQ(source->names.measurement, "minutes");
  EXPECT_EQ(source->names.drops, "") << "its windows are of seconds, and not there";
  EXPECT_FALSE(capacity_source_of_copies(plan, [](const auto&) { return ""; }).has_value());
}

TEST(CapacitySource, is_none_of_a_store_without_counts) {
  OperatorRegistry registry = builtin_registry();
  plan::Plan plan = plan_of("  - {id: losses, className: count}\n",
                            from_dns("losses") + to_store("losses"), registry);
  EXPECT_FALSE(capacity_source(plan).has_value());
}

}  // namespace
}  // namespace dnstorm::cli
