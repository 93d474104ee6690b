#include "operators/detect/rebinding.hpp"

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

const std::vector<Field> records = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"section", Type::str},
    {"type", Type::u16},  {"ttl", Type::u32},   {"text", Type::str}};

void record(Traffic& traffic, TimeNs second, const std::string& qname, const std::string& text,
            int ttl = 300, const std::string& section = "answer") {
  bool v6 = text.find(':') != std::string::npos;
  traffic.add(second, {"192.0.2.7", qname, section, v6 ? "28" : "1", std::to_string(ttl), text});
}

void add_background(Traffic& traffic, TimeNs second) {
  record(traffic, second, "www.example.com", "198.51.100.7", 5);
  record(traffic, second, "www.example.com", "2001:db8::7", 5);
  record(traffic, second, "printer.office.lan", "192.168.7.7", 0);
  record(traffic, second, "nas", "10.1.2.3", 0);
  record(traffic, second, "router.home.arpa", "192.168.0.1");
  record(traffic, second, "7.2.0.192.list.example.org", "127.0.0.1");
  record(traffic, second, "bad.example.net.names.example.org", "127.0.1.2");
  record(traffic, second, "blocked.example.net", "0.0.0.0");
  record(traffic, second, "glue.example.net", "10.0.0.1", 5, "additional");
  traffic.add(second, {"192.0.2.7", "txt.example.net", "answer", "16", "5", "10.0.0.1"});
}

TEST(Rebinding, isFoundByItsFirstAnswerAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) add_background(traffic, second);
  record(traffic, 12, "s-192.0.2.1-evil.example.net", "192.168.1.1", 1);
  EXPECT_THAT(events_of(rebinding_operator(), {}, records, traffic.steps()),
              ElementsAre("20s opened 3 example.net 10s 20s", "80s closed 3 example.net 10s 20s"));
}

TEST(Rebinding, everyNetworkInsideCounts) {
  Traffic traffic;
  int name = 0;
  for (const char* text : {"127.0.0.1", "10.255.0.1", "172.31.0.1", "192.168.0.1",
                           "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"})
    record(traffic, 1, "www.n" + std::to_string(name++) + ".com", text);
  EXPECT_THAT(events_of(rebinding_operator(), {}, records, traffic.steps()), SizeIs(2 * 9));
}

TEST(Rebinding, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(rebinding_operator(), {}, records, traffic.steps()), IsEmpty());
}

TEST(Rebinding, allowedDomainsRaiseNothing) {
  Traffic traffic;
  record(traffic, 1, "vpn.corp.example.com", "10.0.0.1");
  EXPECT_THAT(
      events_of(rebinding_operator(), {{"allow", {"corp.example.com"}}}, records, traffic.steps()),
      IsEmpty());
}

TEST(Rebinding, saysWhatItSaw) {
  Traffic traffic;
  record(traffic, 1, "vpn.example.com", "10.0.0.1", 3600);
  record(traffic, 1, "vpn.example.com", "127.0.0.1", 600);
  TaskHarness task(rebinding_operator(), {}, records,
                   {.read_outputs = {"severity", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("1 {\"records\":2,\"own_host\":1,\"ttl\":600}"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 vpn.example.com"));
}

TEST(Rebinding, goesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 5 && second < 30; ++i)
      record(traffic, second, "www.n" + std::to_string(i) + ".net", "10.0.0.1", i);
  }
  TextOptions options = {{"clear", {"10s"}}, {"short_ttl", {"2"}}};
  ASSERT_THAT(events_of(rebinding_operator(), options, records, traffic.steps(10)), SizeIs(10));
  check_detector(rebinding_operator(), options, records, {}, traffic.steps(10));
}

TEST(Rebinding, refusesInputsAndOptionsThatDoNotFit) {
  EXPECT_THAT(declare_error(rebinding_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'qname'"));
  EXPECT_THAT(declare_error(rebinding_operator(), {{"networks", {"10.0.0.0/40"}}}, {records}),
              HasSubstr("10.0.0.0/40"));
}

}  // namespace
}  // namespace dnstorm::operators
