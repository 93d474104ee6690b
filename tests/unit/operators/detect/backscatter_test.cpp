#include "operators/detect/backscatter.hpp"

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

const std::vector<Field> errors = {
    {"time", Type::time},  {"type", Type::u8},  {"code", Type::u8},      {"ip_version", Type::u8},
    {"qr", Type::boolean}, {"dst", Type::ip},   {"dst_port", Type::u16}, {"id", Type::u16},
    {"qname", Type::str},  {"qtype", Type::u16}};

struct Error {
  std::string client = "192.0.2.1";
  int port = 5000;
  int id = 7;
  bool response = true;
  int type = 3;
  int code = 3;
};

void add(Traffic& traffic, TimeNs second, const Error& error) {
  bool v6 = error.client.find(':') != std::string::npos;
  traffic.add(second, {std::to_string(error.type), std::to_string(error.code), v6 ? "6" : "4",
                       error.response ? "true" : "false", error.client, std::to_string(error.port),
                       std::to_string(error.id), "www.example.com", "1"});
}

// Clients that gave up, unreachable hosts, and servers that are no more.
void add_background(Traffic& traffic, TimeNs second) {
  if (second % 3 == 0) add(traffic, second, {.client = "192.0.2.2"});
  for (int i = 0; i < 3; ++i) {
    add(traffic, second, {.client = "192.0.2." + std::to_string(20 + (second + 10 * i) % 200)});
    add(traffic, second, {.client = "192.0.2.3", .code = 1});
    add(traffic, second, {.client = "192.0.2.4", .response = false});
    add(traffic, second, {.client = "2001:db8::4", .type = 3, .code = 3});
  }
}

void add_attack(Traffic& traffic, TimeNs second, int each, const std::string& client) {
  bool v6 = client.find(':') != std::string::npos;
  for (int i = 0; i < each; ++i)
    add(traffic, second,
        {.client = client,
         .port = static_cast<int>(20000 + second * 100 + i),
         .id = i,
         .type = v6 ? 1 : 3,
         .code = v6 ? 4 : 3});
}

TEST(Backscatter, isFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 240; ++second) add_background(traffic, second);
  for (TimeNs second = 70; second < 90; ++second) {
    add_attack(traffic, second, 5, "198.51.100.9");
    add_attack(traffic, second, 20, "2001:db8::9");
  }
  EXPECT_THAT(
      events_of(backscatter_operator(), {}, errors, traffic.steps()),
      ElementsAre("80s opened 2 198.51.100.9 70s 80s", "80s opened 3 2001:db8::9 70s 80s",
                  "150s closed 2 198.51.100.9 70s 90s", "150s closed 3 2001:db8::9 70s 90s"));
}

TEST(Backscatter, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(backscatter_operator(), {}, errors, traffic.steps()), IsEmpty());
}

TEST(Backscatter, saysHowManyPortsAndIds) {
  Traffic traffic;
  add_attack(traffic, 3, 100, "198.51.100.9");
  TaskHarness task(backscatter_operator(), {{"admit", {"1"}}}, errors,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], ::testing::ContainsRegex(
                                  "client ..errors.:100,.errors_per_s.:10,.ids.:(8|9|10|11)[0-9.]+,"
                                  ".ports.:(8|9|10|11)[0-9.]+,.names.:1"));
  EXPECT_THAT(task.rows()[0], HasSubstr("www.example.com A"));
}

TEST(Backscatter, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    if (second > 10 && second < 30) add_attack(traffic, second, 30, "198.51.100.9");
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(backscatter_operator(), options, errors, traffic.steps(10)), SizeIs(2));
  check_detector(backscatter_operator(), options, errors, {"dst"}, traffic.steps(10));
}

TEST(Backscatter, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(backscatter_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'type'"));
}

}  // namespace
}  // namespace dnstorm::operators
