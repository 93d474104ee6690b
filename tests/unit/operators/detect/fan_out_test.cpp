#include "operators/detect/fan_out.hpp"

#include "tests/unit/operators/detect/detect_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_detector;
using testing::declare_error;
using ::testing::ElementsAre;
using testing::events_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TaskHarness;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> queries = {
    {"time", Type::time}, {"client", Type::ip},  {"server", Type::ip}, {"qr", Type::boolean},
    {"qname", Type::str}, {"domain", Type::str}, {"qtype", Type::u16}, {"dnstap_type", Type::u8}};
constexpr int resolver = 3;
constexpr int client = 5;

void ask(Traffic& traffic, TimeNs second, int type, const std::string& label,
         const std::string& domain) {
  traffic.add(second, {"192.0.2.7", "198.51.100.53", type % 2 == 0 ? "true" : "false",
                       label + "." + domain, domain, "1", std::to_string(type)});
}

// A busy domain of which most is not in the cache; random names, each of which is asked for twice;
// a domain of name servers; other kinds of messages.
void add_background(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i) {
    std::string label = "n" + std::to_string(second * 1000 + i);
    ask(traffic, second, client, label, "busy.example");
    ask(traffic, second, resolver, label, "busy.example");
    ask(traffic, second, client, label, "random.example");
    ask(traffic, second, resolver, label, "random.example");
    ask(traffic, second, resolver, label, "random.example");
    ask(traffic, second, 6, label, "other.example");
    ask(traffic, second, 4, label, "other.example");
    if (i % 4 == 0) ask(traffic, second, resolver, label, "servers.example");
  }
}

// One query of a client for a domain of the attacker makes forty in that of the victim.
void add_attack(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i) {
    ask(traffic, second, client, "q" + std::to_string(second * 1000 + i), "attacker.example");
    ask(traffic, second, resolver, "q" + std::to_string(second * 1000 + i), "attacker.example");
    for (int ns = 0; ns < 40; ++ns)
      ask(traffic, second, resolver, fmt::format("ns{}-{}-{}", second, i, ns), "victim.example");
  }
}

TEST(FanOut, isFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 180; ++second) add_background(traffic, second, 60);
  for (TimeNs second = 90; second < 110; ++second) add_attack(traffic, second, 5);
  EXPECT_THAT(events_of(fan_out_operator(), {}, queries, traffic.steps()),
              ElementsAre("100s opened 3 victim.example 90s 100s",
                          "170s closed 3 victim.example 90s 110s"));
}

TEST(FanOut, packetsAreToldApartByTheResolversAddress) {
  Traffic traffic;
  auto packet = [&](const char* from, const char* to, const std::string& domain) {
    traffic.add(3, {from, to, "false", "www." + domain, domain, "1", "0"});
  };
  for (int i = 0; i < 400; ++i) {
    packet("192.0.2.53", "198.51.100.53", "victim.example");
    packet("192.0.2.53", "198.51.100.53", "busy.example");
    packet("192.0.2.7", "192.0.2.53", "busy.example");
    packet("192.0.2.7", "198.51.100.53", "other.example");
  }
  EXPECT_THAT(events_of(fan_out_operator(), {}, queries, traffic.steps()), IsEmpty());
  TextOptions options = {{"resolvers", {"192.0.2.53"}}, {"learn", {"0s"}}};
  EXPECT_THAT(
      events_of(fan_out_operator(), options, queries, traffic.steps()),
      ElementsAre("10s opened 1 victim.example 0s 10s", "70s closed 1 victim.example 0s 10s"));
}

TEST(FanOut, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) add_background(traffic, second, 100);
  EXPECT_THAT(events_of(fan_out_operator(), {}, queries, traffic.steps()), IsEmpty());
}

TEST(FanOut, saysWhatItSaw) {
  Traffic traffic;
  add_attack(traffic, 3, 20);
  for (int i = 0; i < 4; ++i) ask(traffic, 3, client, "www", "victim.example");
  TaskHarness task(fan_out_operator(), {{"admit", {"1"}}, {"learn", {"0s"}}}, queries,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("domain {\"resolver_queries\":800,\"client_queries\":4,\"ratio\":200,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 ns3-0-0.victim.example A"));
}

TEST(FanOut, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second, 10);
    if (second > 10 && second < 30) add_attack(traffic, second, 5);
  }
  TextOptions options = {{"clear", {"10s"}}, {"learn", {"0s"}}};
  ASSERT_THAT(events_of(fan_out_operator(), options, queries, traffic.steps(10)), SizeIs(2));
  check_detector(fan_out_operator(), options, queries, {"domain"}, traffic.steps(10));
}

TEST(FanOut, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(fan_out_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'domain'"));
}

}  // namespace
}  // namespace dnstorm::operators
