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
using testing::packed;
using ::testing::SizeIs;
using testing::TaskHarness;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> answers = {{"time", Type::time},
                                    {"client", Type::ip},
                                    {"qname", Type::str},
                                    {"domain", Type::str},
                                    {"addresses", Type::bytes}};

// Registered domains are the last two labels here.
void answer(Traffic& traffic, TimeNs second, const std::string& qname, const std::string& address,
            int ttl = 300) {
  std::size_t dot = qname.rfind('.', qname.rfind('.') - 1);
  std::string domain = dot == std::string::npos ? qname : qname.substr(dot + 1);
  traffic.add(second, {"192.0.2.7", qname, domain, packed({address}, ttl)});
}

void add_background(Traffic& traffic, TimeNs second) {
  answer(traffic, second, "www.example.com", "198.51.100.7", 5);
  answer(traffic, second, "www.example.com", "2001:db8::7", 5);
  answer(traffic, second, "printer.office.lan", "192.168.7.7", 0);
  answer(traffic, second, "nas", "10.1.2.3", 0);
  answer(traffic, second, "router.home.arpa", "192.168.0.1");
  answer(traffic, second, "7.2.0.192.list.example.org", "127.0.0.1");
  answer(traffic, second, "bad.example.net.names.example.org", "127.0.1.2");
  answer(traffic, second, "blocked.example.net", "0.0.0.0");
  traffic.add(second, {"192.0.2.7", "txt.example.net", "example.net", ""});
}

TEST(Rebinding, isFoundByItsFirstAnswerAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) add_background(traffic, second);
  answer(traffic, 12, "s-192.0.2.1-evil.example.net", "192.168.1.1", 1);
  EXPECT_THAT(events_of(rebinding_operator(), {}, answers, traffic.steps()),
              ElementsAre("20s opened 3 example.net 10s 20s", "80s closed 3 example.net 10s 20s"));
}

TEST(Rebinding, everyNetworkInsideCounts) {
  Traffic traffic;
  int name = 0;
  for (const char* text : {"127.0.0.1", "10.255.0.1", "172.31.0.1", "192.168.0.1",
                           "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"})
    answer(traffic, 1, "www.n" + std::to_string(name++) + ".com", text);
  EXPECT_THAT(events_of(rebinding_operator(), {}, answers, traffic.steps()), SizeIs(2 * 9));
}

TEST(Rebinding, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(rebinding_operator(), {}, answers, traffic.steps()), IsEmpty());
}

TEST(Rebinding, allowedDomainsRaiseNothing) {
  Traffic traffic;
  answer(traffic, 1, "vpn.corp.example.com", "10.0.0.1");
  EXPECT_THAT(
      events_of(rebinding_operator(), {{"allow", {"corp.example.com"}}}, answers, traffic.steps()),
      IsEmpty());
}

TEST(Rebinding, saysWhatItSaw) {
  Traffic traffic;
  answer(traffic, 1, "vpn.example.com", "10.0.0.1", 3600);
  answer(traffic, 1, "vpn.example.com", "127.0.0.1", 600);
  TaskHarness task(rebinding_operator(), {}, answers,
                   {.read_outputs = {"severity", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("1 {\"records\":2,\"own_host\":1,\"flips\":0,\"ttl\":600}"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 vpn.example.com"));
}

// The severity and the flips of events that are opened.
std::vector<std::string> flips_of(const Traffic& traffic, TimeNs step = 5) {
  TaskHarness task(rebinding_operator(), {}, answers,
                   {.read_outputs = {"state", "severity", "evidence"}});
  for (const auto& one : traffic.steps(step)) {
    task.feed(one.rows);
    task.watermark(one.watermark);
  }
  task.watermark(400 * ns_per_s);
  std::vector<std::string> found;
  const std::string opened = "opened ";
  for (const std::string& row : task.take())
    if (row.starts_with(opened))
      found.push_back(row.substr(opened.size(), 1) + " " + row.substr(row.find("flips"), 8));
  return found;
}

TEST(Rebinding, aNameThatWasOutsideAMomentAgoFlips) {
  for (TimeNs before : {0, 3, 60, 118}) {
    Traffic traffic;
    answer(traffic, 200 - before, "x7.example.net", "198.51.100.9", 1);
    answer(traffic, 200, "x7.example.net", "192.168.1.1", 1);
    answer(traffic, 200, "x8.example.net", "192.168.1.1", 1);
    EXPECT_THAT(flips_of(traffic), ElementsAre("3 flips\":1")) << before;
    EXPECT_THAT(flips_of(traffic, 400), ElementsAre("3 flips\":1")) << before;
  }
}

TEST(Rebinding, whatWasOutsideLongAgoOrIsKeptForLongOrComesLaterFlipsNothing) {
  Traffic traffic;
  answer(traffic, 0, "a.example.net", "198.51.100.9", 1);
  answer(traffic, 199, "b.example.net", "198.51.100.9", 3600);
  answer(traffic, 199, "c.example.org", "198.51.100.9", 1);
  answer(traffic, 211, "b.example.net", "198.51.100.9", 1);
  for (const char* name : {"a", "b", "c"})
    answer(traffic, 200, std::string(name) + ".example.net", "192.168.1.1", 1);
  EXPECT_THAT(flips_of(traffic), ElementsAre("3 flips\":0"));
  EXPECT_THAT(flips_of(traffic, 400), ElementsAre("3 flips\":0"));
}

TEST(Rebinding, goesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 5 && second < 30; ++i)
      answer(traffic, second, "www.n" + std::to_string(i) + ".net",
             second % 8 == 0 ? "198.51.100.1" : "10.0.0.1", i);
  }
  TextOptions options = {{"clear", {"10s"}}, {"short_ttl", {"2"}}};
  ASSERT_THAT(events_of(rebinding_operator(), options, answers, traffic.steps(10)), SizeIs(10));
  check_detector(rebinding_operator(), options, answers, {"domain"}, traffic.steps(10));
}

TEST(Rebinding, refusesInputsAndOptionsThatDoNotFit) {
  EXPECT_THAT(declare_error(rebinding_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'domain'"));
  EXPECT_THAT(declare_error(rebinding_operator(), {{"networks", {"10.0.0.0/40"}}}, {answers}),
              HasSubstr("10.0.0.0/40"));
}

}  // namespace
}  // namespace dnstorm::operators
