#include "operators/detect/open_resolver.hpp"

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

const std::vector<Field> messages = {
    {"time", Type::time}, {"client", Type::ip},  {"server", Type::ip},  {"qname", Type::str},
    {"qtype", Type::u16}, {"qr", Type::boolean}, {"rd", Type::boolean}, {"ra", Type::boolean},
    {"rcode", Type::u8},  {"answers", Type::u16}};
const std::string known = "192.0.2.53";

TextOptions looking_for(const std::string& what) {
  return {{"look_for", {what}}, {"servers", {known, "2001:db8:53::/48"}}};
}

struct Exchange {
  std::string client = "192.0.2.1";
  std::string server = known;
  bool rd = true;
  bool ra = true;
  int rcode = 0;
};

void add(Traffic& traffic, TimeNs second, const Exchange& e) {
  auto text = [](bool value) { return value ? "true" : "false"; };
  traffic.add(second,
              {e.client, e.server, "www.example.com", "1", "false", text(e.rd), "false", "0", "0"});
  traffic.add(second, {e.client, e.server, "www.example.com", "1", "true", text(e.rd), text(e.ra),
                       std::to_string(e.rcode), e.rcode == 0 ? "1" : "0"});
}

// Clients of the known resolvers, what these ask authorities, somebody who refuses to recurse, and
// a query by hand now and then.
void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 30; ++i) {
    add(traffic, second, {.client = "192.0.2." + std::to_string(i)});
    add(traffic, second, {.client = "192.0.2." + std::to_string(i), .server = "2001:db8:53::1"});
    add(traffic, second,
        {.client = known, .server = "198.51.100." + std::to_string(i), .rd = false, .ra = false});
  }
  if (second % 5 == 0) add(traffic, second, {.server = "198.51.100.7", .rcode = 5});
}

TEST(OpenResolver, clientsOfOthersAreFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second);
  for (TimeNs second = 30; second < 50; ++second)
    for (int i = 0; i < 5; ++i)
      add(traffic, second, {.client = "192.0.2.9", .server = "203.0.113.66", .rcode = i});
  EXPECT_THAT(events_of(open_resolver_operator(), looking_for("other_resolvers"), messages,
                        traffic.steps()),
              ElementsAre("40s opened 2 192.0.2.9 30s 40s", "110s closed 2 192.0.2.9 30s 50s"));
}

TEST(OpenResolver, serversThatRecurseAreFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second);
  for (TimeNs second = 30; second < 50; ++second)
    for (int i = 0; i < 5; ++i)
      add(traffic, second, {.client = "203.0.113." + std::to_string(i), .server = "192.0.2.66"});
  EXPECT_THAT(
      events_of(open_resolver_operator(), looking_for("open_resolvers"), messages, traffic.steps()),
      ElementsAre("40s opened 2 192.0.2.66 30s 40s", "110s closed 2 192.0.2.66 30s 50s"));
}

TEST(OpenResolver, knownServersThatServeStrangersAreFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    add_background(traffic, second);
    for (int i = 0; i < 5 && second < 20; ++i)
      add(traffic, second, {.client = "203.0.113." + std::to_string(i)});
  }
  TextOptions options = {{"look_for", {"open_resolvers"}}, {"clients", {"192.0.2.0/24"}}};
  EXPECT_THAT(events_of(open_resolver_operator(), options, messages, traffic.steps()),
              ElementsAre("10s opened 2 192.0.2.53 0s 10s", "80s closed 2 192.0.2.53 0s 20s"));
}

TEST(OpenResolver, clientsThatAskAuthoritiesForRecursionAreFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    for (int i = 0; i < 30; ++i)
      add(traffic, second, {.client = "203.0.113." + std::to_string(i), .rd = false, .ra = false});
    for (int i = 0; i < 5 && second < 20; ++i)
      add(traffic, second, {.client = "203.0.113.66", .ra = false, .rcode = 5});
  }
  EXPECT_THAT(
      events_of(open_resolver_operator(), looking_for("recursion"), messages, traffic.steps()),
      ElementsAre("10s opened 2 203.0.113.66 0s 10s", "80s closed 2 203.0.113.66 0s 20s"));
}

TEST(OpenResolver, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_background(traffic, second);
  for (const char* what : {"other_resolvers", "open_resolvers"})
    EXPECT_THAT(events_of(open_resolver_operator(), looking_for(what), messages, traffic.steps()),
                IsEmpty())
        << what;
}

TEST(OpenResolver, saysWhatItSaw) {
  Traffic traffic;
  for (int i = 0; i < 40; ++i) add(traffic, 3, {.server = "203.0.113.66"});
  TextOptions options = looking_for("other_resolvers");
  options["admit"] = {"1"};
  TaskHarness task(open_resolver_operator(), options, messages,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("client {\"messages\":40,\"servers\":1"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.1 www.example.com A NOERROR"));
}

TEST(OpenResolver, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 20 && second < 30; ++i)
      add(traffic, second, {.client = "192.0.2.9", .server = "203.0.113.66"});
  }
  for (const char* what : {"other_resolvers", "open_resolvers"}) {
    TextOptions options = looking_for(what);
    options["clear"] = {"10s"};
    ASSERT_THAT(events_of(open_resolver_operator(), options, messages, traffic.steps(10)),
                SizeIs(2));
    std::string key = std::string_view(what) == "other_resolvers" ? "client" : "server";
    check_detector(open_resolver_operator(), options, messages, {key}, traffic.steps(10));
  }
}

TEST(OpenResolver, refusesInputsAndOptionsThatDoNotFit) {
  EXPECT_THAT(declare_error(open_resolver_operator(), {}, {messages}),
              HasSubstr("without 'servers'"));
  EXPECT_THAT(
      declare_error(open_resolver_operator(), {{"look_for", {"open_resolvers"}}}, {messages}),
      HasSubstr("neither 'servers' nor 'clients'"));
  EXPECT_THAT(declare_error(open_resolver_operator(), looking_for("nothing"), {messages}),
              HasSubstr("other_resolvers, recursion"));
  EXPECT_THAT(declare_error(open_resolver_operator(), {{"servers", {"192.0.2.0/40"}}}, {messages}),
              HasSubstr("192.0.2.0/40"));
}

}  // namespace
}  // namespace dnstorm::operators
