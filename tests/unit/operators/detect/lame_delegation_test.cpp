#include "operators/detect/lame_delegation.hpp"

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

const std::vector<Field> responses = {
    {"time", Type::time},      {"client", Type::ip},  {"server", Type::ip},  {"qname", Type::str},
    {"domain", Type::str},     {"qtype", Type::u16},  {"rcode", Type::u8},   {"qr", Type::boolean},
    {"rd", Type::boolean},     {"aa", Type::boolean}, {"tc", Type::boolean}, {"answers", Type::u16},
    {"authorities", Type::u16}};

struct Answer {
  std::string server;
  std::string domain;
  int rcode = 0;
  bool rd = false;
  bool aa = false;
  bool tc = false;
  int answers = 0;
  int authorities = 0;
};

void add(Traffic& traffic, TimeNs second, const Answer& a) {
  auto text = [](bool value) { return value ? "true" : "false"; };
  traffic.add(second, {"192.0.2.7", a.server, "www." + a.domain, a.domain, "1",
                       std::to_string(a.rcode), "true", text(a.rd), text(a.aa), text(a.tc),
                       std::to_string(a.answers), std::to_string(a.authorities)});
}

// Authorities that serve, the servers above them, one that is sick now and then, and a resolver
// that answers its clients.
void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 4; ++i) {
    add(traffic, second,
        {.server = "198.51.100.1", .domain = "good.example", .aa = true, .answers = 1});
    add(traffic, second,
        {.server = "198.51.100.1", .domain = "good.example", .rcode = 3, .aa = true});
    add(traffic, second, {.server = "198.51.100.2", .domain = "good.example", .authorities = 4});
    add(traffic, second, {.server = "198.51.100.3", .domain = "large.example", .tc = true});
    add(traffic, second,
        {.server = "198.51.100.4", .domain = "sick.example", .rcode = i == 0 ? 0 : 2, .aa = true});
    add(traffic, second, {.server = "192.0.2.7", .domain = "bad.example", .rcode = 2, .rd = true});
    add(traffic, second,
        {.server = "192.0.2.7", .domain = "good.example", .rd = true, .answers = 1});
  }
  add(traffic, second / 10 * 10, {.server = "198.51.100.9", .domain = "rare.example", .rcode = 5});
}

TEST(LameDelegation, isFoundInItsSecondWindowWhateverTheServerSays) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    add_background(traffic, second);
    for (int i = 0; i < 6 && second < 20; ++i) {
      add(traffic, second, {.server = "198.51.100.9", .domain = "a.example", .rcode = 5});
      add(traffic, second, {.server = "198.51.100.9", .domain = "b.example", .rcode = 2});
      add(traffic, second, {.server = "198.51.100.9", .domain = "c.example", .answers = 1});
      add(traffic, second, {.server = "198.51.100.9", .domain = "d.example"});
    }
  }
  auto found = events_of(lame_delegation_operator(), {}, responses, traffic.steps());
  EXPECT_THAT(found, ElementsAre("20s opened 2 a.example 198.51.100.9 0s 20s",
                                 "20s opened 2 b.example 198.51.100.9 0s 20s",
                                 "20s opened 2 c.example 198.51.100.9 0s 20s",
                                 "20s opened 2 d.example 198.51.100.9 0s 20s",
                                 "80s closed 2 a.example 198.51.100.9 0s 20s",
                                 "80s closed 2 b.example 198.51.100.9 0s 20s",
                                 "80s closed 2 c.example 198.51.100.9 0s 20s",
                                 "80s closed 2 d.example 198.51.100.9 0s 20s"));
}

TEST(LameDelegation, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(lame_delegation_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(LameDelegation, saysWhatItSaw) {
  Traffic traffic;
  for (int i = 0; i < 60; ++i) {
    add(traffic, i, {.server = "198.51.100.9", .domain = "a.example", .rcode = 5});
    add(traffic, i, {.server = "198.51.100.9", .domain = "a.example", .rcode = i % 2 * 2});
  }
  TaskHarness task(lame_delegation_operator(),
                   {{"admit", {"1"}}, {"raise_after", {"1"}}, {"window", {"60s"}}}, responses,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(60 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(
      task.rows()[0],
      HasSubstr(
          "domain server {\"good\":0,\"refused\":60,\"servfail\":30,\"not_authoritative\":30}"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 www.a.example A REFUSED"));
}

TEST(LameDelegation, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 20 && second < 30; ++i)
      add(traffic, second, {.server = "198.51.100.9", .domain = "a.example", .rcode = 5});
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(lame_delegation_operator(), options, responses, traffic.steps(10)),
              SizeIs(2));
  check_detector(lame_delegation_operator(), options, responses, {"domain", "server"},
                 traffic.steps(10));
}

// Clients of a resolver that ask without RD, as one in a thousand does, are answered from its
// cache.
TEST(LameDelegation, whoOffersRecursionIsNoAuthority) {
  std::vector<Field> with_ra = responses;
  with_ra.push_back({"ra", Type::boolean});
  for (bool recursion : {false, true}) {
    Traffic traffic;
    for (TimeNs second = 0; second < 30; ++second)
      for (int i = 0; i < 5; ++i)
        traffic.add(second, {"192.0.2.7", "198.51.100.53", "www.popular.example", "popular.example",
                             "1", "0", "true", "false", "false", "false", "1", "0",
                             recursion ? "true" : "false"});
    auto events = events_of(lame_delegation_operator(), {}, with_ra, traffic.steps());
    EXPECT_EQ(events.empty(), recursion);
  }
}

TEST(LameDelegation, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(lame_delegation_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'domain'"));
}

}  // namespace
}  // namespace dnstorm::operators
