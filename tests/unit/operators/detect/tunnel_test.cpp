#include "operators/detect/tunnel.hpp"

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
using ::testing::StartsWith;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> responses = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"domain", Type::str},
    {"qtype", Type::u16}, {"rcode", Type::u8},  {"qr", Type::boolean}};

void answer(Traffic& traffic, TimeNs second, const std::string& client, const std::string& labels,
            const std::string& domain, int rcode = 0) {
  traffic.add(second, {client, labels.empty() ? domain : labels + "." + domain, domain, "16",
                       std::to_string(rcode), "true"});
}

// So many letters and digits, others for each number.
std::string data(std::size_t size, std::int64_t number) {
  std::string text;
  for (std::uint64_t dice = hash_number(static_cast<std::uint64_t>(number) + 1); text.size() < size;
       dice = hash_number(dice))
    text += "abcdefghijklmnopqrstuvwxyz234567"[dice % 32];
  return text;
}

// Names that many ask for, some with a name of its own for each day.
void add_background(Traffic& traffic, TimeNs second, int each) {
  for (int i = 0; i < each; ++i) {
    std::string client = "192.0.2." + std::to_string(i % 50 + 1);
    answer(traffic, second, client, i % 3 == 0 ? "www" : "api.eu",
           "site" + std::to_string(i) + ".example");
    answer(traffic, second, client, data(20, i % 40) + ".cdn", "content.example");
    answer(traffic, second, client, data(30, second * 1000 + i), "missing.example", 3);
  }
}

void add_tunnel(Traffic& traffic, TimeNs second, int bytes,
                const std::string& domain = "evil.test") {
  for (; bytes > 0; bytes -= 60)
    answer(traffic, second, "198.51.100.9", data(60, second * 1000 + bytes) + ".t", domain);
}

TEST(Tunnel, isFoundInItsFirstWindowsAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 700; second += 5) add_background(traffic, second, 30);
  for (TimeNs second = 30; second < 60; ++second) add_tunnel(traffic, second, 240);
  EXPECT_THAT(events_of(tunnel_operator(), {}, responses, traffic.steps()),
              ElementsAre("40s opened 1 evil.test 198.51.100.9 30s 40s",
                          "50s updated 2 evil.test 198.51.100.9 30s 50s",
                          "660s closed 2 evil.test 198.51.100.9 30s 60s"));
}

TEST(Tunnel, ofOneBytePerSecondIsFoundWithinTheHour) {
  Traffic traffic;
  for (TimeNs second = 0; second < 3600; second += 60) {
    add_background(traffic, second, 5);
    add_tunnel(traffic, second, 60);
  }
  auto events = events_of(tunnel_operator(), {}, responses, traffic.steps());
  ASSERT_THAT(events, ::testing::Not(IsEmpty()));
  TimeNs opened = std::stoll(events[0]);
  EXPECT_LT(opened, 2400);
  EXPECT_GT(opened, 1200);
  EXPECT_THAT(events[0], HasSubstr(" opened 1 evil.test 198.51.100.9 "));
}

TEST(Tunnel, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 120; ++second) add_background(traffic, second, 200);
  EXPECT_THAT(events_of(tunnel_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(Tunnel, whatOthersHaveAskedForIsNoInformation) {
  Traffic traffic;
  for (int i = 0; i < 400; ++i)
    answer(traffic, i / 20, "192.0.2." + std::to_string(i % 100), data(20, i), "content.example");
  for (int i = 0; i < 400; ++i)
    answer(traffic, 60 + i / 20, "198.51.100.9", data(20, i), "content.example");
  EXPECT_THAT(events_of(tunnel_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(Tunnel, namesThatDoNotExistCountIfAskedTo) {
  Traffic traffic;
  for (int i = 0; i < 100; ++i)
    answer(traffic, i / 10, "198.51.100.9", data(60, i), "evil.test", 3);
  EXPECT_THAT(events_of(tunnel_operator(), {}, responses, traffic.steps()), IsEmpty());
  EXPECT_THAT(events_of(tunnel_operator(), {{"nxdomain", {"true"}}}, responses, traffic.steps()),
              SizeIs(2));
}

TEST(Tunnel, knownAndAllowedDomainsRaiseNothing) {
  Traffic traffic;
  add_tunnel(traffic, 3, 6000, "sophosxl.net");
  EXPECT_THAT(events_of(tunnel_operator(), {}, responses, traffic.steps()), IsEmpty());
  TextOptions strict = {{"known", {"false"}}};
  EXPECT_THAT(events_of(tunnel_operator(), strict, responses, traffic.steps()), SizeIs(2));
  strict["allow"] = {"198.51.100.0/24"};
  EXPECT_THAT(events_of(tunnel_operator(), strict, responses, traffic.steps()), IsEmpty());
  strict["allow"] = {"sophosxl.net"};
  EXPECT_THAT(events_of(tunnel_operator(), strict, responses, traffic.steps()), IsEmpty());
}

TEST(Tunnel, saysWhatItSaw) {
  Traffic traffic;
  add_tunnel(traffic, 3, 3000);
  testing::TaskHarness task(tunnel_operator(), {}, responses,
                            {.read_outputs = {"evidence", "samples", "detector", "key_kind"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  // "t" is a label, too, and may be in the sample of short ones.
  EXPECT_THAT(task.rows()[0], ::testing::ContainsRegex("tunnel domain client \\{\"bytes\":30[03]"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"window_names\":50,\"threshold\":1500}"));
  EXPECT_THAT(task.rows()[0], HasSubstr(".t.evil.test TXT NOERROR\""));
}

TEST(Tunnel, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 45; second += 3) {
    add_background(traffic, second, 20);
    if (second >= 10 && second < 25) add_tunnel(traffic, second, 600);
    if (second % 2 == 0) add_tunnel(traffic, second, 120, "slow.test");
  }
  TextOptions options = {{"bytes", {"800"}}, {"clear", {"10s"}}, {"memory", {"1Mi"}}};
  ASSERT_THAT(events_of(tunnel_operator(), options, responses, traffic.steps(10)), SizeIs(4));
  check_detector(tunnel_operator(), options, responses, {"domain"}, traffic.steps(10));
}

TEST(Tunnel, refusesInputsAndOptionsThatDoNotFit) {
  auto error = [](const TextOptions& options, std::vector<Field> fields) {
    return declare_error(tunnel_operator(), options, {std::move(fields)});
  };
  EXPECT_THAT(error({}, {{"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}}),
              HasSubstr("'domain'"));
  EXPECT_THAT(error({{"bytes", {"1"}}}, responses), HasSubstr("bytes"));
}

}  // namespace
}  // namespace dnstorm::operators
