#include "operators/detect/fast_flux.hpp"

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
            int ttl, const std::string& section = "answer") {
  bool v6 = text.find(':') != std::string::npos;
  traffic.add(second, {"192.0.2.7", qname, section, v6 ? "28" : "1", std::to_string(ttl), text});
}
std::string spread(int i, int networks) {
  return fmt::format("{}.{}.{}.{}", 20 + i % networks, i % networks, i / 250, i % 250);
}

// A site on three hosts; a large one whose addresses lie in two networks; a name of volunteers with
// a long life; addresses of name servers.
void add_background(Traffic& traffic, TimeNs second) {
  auto n = static_cast<int>(second);
  record(traffic, second, "www.example.com", spread(n % 3, 3), 60);
  record(traffic, second, "www.example.com", fmt::format("2001:db8:{}::7", n % 3), 60);
  record(traffic, second, "cdn.example.com", spread(n, 2), 20);
  record(traffic, second, "volunteers.example.org", spread(n, 200), 3600);
  record(traffic, second, "delegation.example.org", spread(n, 200), 60, "additional");
  traffic.add(second, {"192.0.2.7", "txt.example.org", "answer", "16", "60", std::to_string(n)});
}

// Five addresses an answer, in turn, others after a hundred seconds.
void add_flux(Traffic& traffic, TimeNs second) {
  auto turn = static_cast<int>(second / 10);
  for (int i = 0; i < 5; ++i)
    record(traffic, second, "login.example.net", spread(turn / 10 * 5 + (i + turn) % 5, 100), 100);
}

TEST(FastFlux, thatIsBusyIsFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    add_background(traffic, second);
    for (int i = 0; i < 5 && second >= 20 && second < 30; ++i)
      record(traffic, second, "login.example.net", spread(static_cast<int>(second) * 5 + i, 100),
             60);
  }
  EXPECT_THAT(events_of(fast_flux_operator(), {}, records, traffic.steps()),
              ElementsAre("30s opened 2 login.example.net 20s 30s",
                          "90s closed 2 login.example.net 20s 30s"));
}

TEST(FastFlux, thatIsSlowIsFoundByWhatIsRemembered) {
  Traffic traffic;
  for (TimeNs second = 0; second < 1800; second += 2) {
    add_background(traffic, second);
    if (second < 1200 && second % 10 == 0) add_flux(traffic, second);
  }
  auto found = events_of(fast_flux_operator(), {}, records, traffic.steps());
  ASSERT_FALSE(found.empty());
  // Four or five answers of five addresses, a hundred seconds each.
  EXPECT_THAT(found[0], ::testing::ContainsRegex("^(31|41)0s opened 1 login.example.net"));
  EXPECT_EQ(
      std::count_if(found.begin(), found.end(),
                    [](const std::string& row) { return row.find("opened") != std::string::npos; }),
      1);
}

TEST(FastFlux, whatWasSeenIsForgotten) {
  Traffic traffic;
  for (TimeNs second = 0; second < 1200; second += 10) add_flux(traffic, second);
  TextOptions options = {{"span", {"100s"}}};
  EXPECT_THAT(events_of(fast_flux_operator(), options, records, traffic.steps()), IsEmpty());
}

TEST(FastFlux, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 1200; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(fast_flux_operator(), {}, records, traffic.steps()), IsEmpty());
}

TEST(FastFlux, saysWhatItSaw) {
  Traffic traffic;
  for (int i = 0; i < 200; ++i) record(traffic, 3, "login.example.net", spread(i, 50), 100 + i);
  TaskHarness task(fast_flux_operator(), {{"admit", {"1"}}}, records,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) task.feed(step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0],
              ::testing::ContainsRegex(
                  "name ..addresses.:(1[6-9]|2[0-4])[0-9.]+,.networks.:(4|5)[0-9.]+,.ttl.:100,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"records\":200}"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 login.example.net"));
}

TEST(FastFlux, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 60 && second < 30; ++i)
      record(traffic, second, "login.example.net", spread(i, 60), 100);
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(fast_flux_operator(), options, records, traffic.steps(10)), SizeIs(2));
  check_detector(fast_flux_operator(), options, records, {"qname"}, traffic.steps(10));
}

TEST(FastFlux, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(fast_flux_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'qname'"));
}

}  // namespace
}  // namespace dnstorm::operators
