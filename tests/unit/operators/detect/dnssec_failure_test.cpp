#include "operators/detect/dnssec_failure.hpp"

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

const std::vector<Field> responses = {{"time", Type::time},  {"client", Type::ip},
                                      {"qname", Type::str},  {"domain", Type::str},
                                      {"qtype", Type::u16},  {"rcode", Type::u8},
                                      {"qr", Type::boolean}, {"edns_options", Type::bytes}};

std::string option(int code, const std::string& data) {
  return {0, static_cast<char>(code), 0, static_cast<char>(data.size())};
}
// A cookie, then the extended error.
std::string extended_error(int error) {
  std::string data = {0, static_cast<char>(error), 'x'};
  return option(10, "12345678") + "12345678" + option(15, data) + data;
}

void answer(Traffic& traffic, TimeNs second, int client, const std::string& domain, int rcode,
            const std::string& options = "") {
  traffic.add(second, {"192.0.2." + std::to_string(client), "www." + domain, domain, "1",
                       std::to_string(rcode), "true", options});
}

// A site that works, one that fails for one client again and again, and errors of other kinds.
void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 60; ++i) {
    answer(traffic, second, i, "good.example", 0, i % 2 == 0 ? extended_error(3) : "");
    answer(traffic, second, 1, "broken.example", 2, extended_error(6));
    answer(traffic, second, i, "none.example", 3);
    answer(traffic, second, i, "odd.example", 0, std::string("\0\x0f\0\x09\0\x06", 6));
  }
}

TEST(DnssecFailure, isFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 130; ++second) add_background(traffic, second);
  for (TimeNs second = 30; second < 50; ++second)
    for (int i = 0; i < 60; ++i)
      answer(traffic, second, i, "expired.example", 2, extended_error(7));
  EXPECT_THAT(
      events_of(dnssec_failure_operator(), {}, responses, traffic.steps()),
      ElementsAre("40s opened 2 expired.example 30s 40s", "110s closed 2 expired.example 30s 50s"));
}

TEST(DnssecFailure, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(dnssec_failure_operator(), {}, responses, traffic.steps()), IsEmpty());
}

TEST(DnssecFailure, saysWhichErrorItIs) {
  Traffic traffic;
  for (int i = 0; i < 90; ++i) {
    answer(traffic, 3, i, "expired.example", 0, extended_error(7));
    if (i < 30) answer(traffic, 3, i, "expired.example", 2, extended_error(12));
    answer(traffic, 3, i, "expired.example", 2);
  }
  TaskHarness task(dnssec_failure_operator(), {{"admit", {"1"}}}, responses,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("domain {\"clients\":"));
  EXPECT_THAT(task.rows()[0],
              HasSubstr("\"failed\":210,\"dnssec_errors\":120,\"extended_error\":7,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.0 www.expired.example A NOERROR"));
}

TEST(DnssecFailure, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 60 && second > 10 && second < 30; ++i)
      answer(traffic, second, i, "expired.example", 2);
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(dnssec_failure_operator(), options, responses, traffic.steps(10)),
              SizeIs(2));
  check_detector(dnssec_failure_operator(), options, responses, {"domain"}, traffic.steps(10));
}

TEST(DnssecFailure, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(dnssec_failure_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'domain'"));
}

}  // namespace
}  // namespace dnstorm::operators
