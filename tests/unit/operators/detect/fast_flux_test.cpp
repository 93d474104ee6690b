#include "operators/detect/fast_flux.hpp"

#include <unistd.h>

#include <filesystem>

#include "tests/unit/operators/detect/detect_rows.hpp"
#include "tests/unit/operators/enrich/mmdb_files.hpp"

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

const std::vector<Field> answers = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"addresses", Type::bytes}};

void answer(Traffic& traffic, TimeNs second, const std::string& qname,
            const std::vector<std::string>& addresses, int ttl) {
  traffic.add(second, {"192.0.2.7", qname, packed(addresses, ttl)});
}
std::string spread(int i, int networks) {
  return fmt::format("{}.{}.{}.{}", 20 + i % networks, i % networks, i / 250, i % 250);
}

// A site on three hosts; a large one whose addresses lie in two networks; a name of volunteers with
// a long life; answers without addresses.
void add_background(Traffic& traffic, TimeNs second) {
  auto n = static_cast<int>(second);
  answer(traffic, second, "www.example.com", {spread(n % 3, 3)}, 60);
  answer(traffic, second, "www.example.com", {fmt::format("2001:db8:{}::7", n % 3)}, 60);
  answer(traffic, second, "cdn.example.com", {spread(n, 2)}, 20);
  answer(traffic, second, "volunteers.example.org", {spread(n, 200)}, 3600);
  answer(traffic, second, "txt.example.org", {}, 60);
}

// Five addresses an answer, in turn, others after a hundred seconds.
void add_flux(Traffic& traffic, TimeNs second) {
  auto turn = static_cast<int>(second / 10);
  std::vector<std::string> hosts;
  for (int i = 0; i < 5; ++i) hosts.push_back(spread(turn / 10 * 5 + (i + turn) % 5, 100));
  answer(traffic, second, "login.example.net", hosts, 100);
}

TEST(FastFlux, thatIsBusyIsFoundInItsFirstWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 100; ++second) {
    add_background(traffic, second);
    for (int i = 0; i < 5 && second >= 20 && second < 30; ++i)
      answer(traffic, second, "login.example.net", {spread(static_cast<int>(second) * 5 + i, 100)},
             60);
  }
  EXPECT_THAT(events_of(fast_flux_operator(), {}, answers, traffic.steps()),
              ElementsAre("30s opened 2 login.example.net 20s 30s",
                          "90s closed 2 login.example.net 20s 30s"));
}

TEST(FastFlux, thatIsSlowIsFoundByWhatIsRemembered) {
  Traffic traffic;
  for (TimeNs second = 0; second < 1800; second += 2) {
    add_background(traffic, second);
    if (second < 1200 && second % 10 == 0) add_flux(traffic, second);
  }
  auto found = events_of(fast_flux_operator(), {}, answers, traffic.steps());
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
  EXPECT_THAT(events_of(fast_flux_operator(), options, answers, traffic.steps()), IsEmpty());
}

TEST(FastFlux, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 1200; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(fast_flux_operator(), {}, answers, traffic.steps()), IsEmpty());
}

TEST(FastFlux, saysWhatItSaw) {
  Traffic traffic;
  for (int i = 0; i < 200; i += 2)
    answer(traffic, 3, "login.example.net", {spread(i, 50), spread(i + 1, 50)}, 100 + i);
  TaskHarness task(fast_flux_operator(), {{"admit", {"1"}}}, answers,
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

TEST(FastFlux, countsAnAnswerThatComesAgainAndAgainAFewTimes) {
  Traffic traffic;
  for (int i = 0; i < 1000; ++i)
    answer(traffic, 3, "login.example.net", {spread(i % 4, 50), spread(i % 4 + 100, 50)}, 100);
  for (int i = 0; i < 30; ++i) answer(traffic, 4, "login.example.net", {spread(i, 50)}, 50);
  TaskHarness task(fast_flux_operator(), {{"admit", {"3"}}}, answers,
                   {.read_outputs = {"evidence"}});
  for (const auto& step : traffic.steps()) testing::feed_all(task, step.rows);
  task.watermark(10 * ns_per_s);
  ASSERT_THAT(task.rows(), SizeIs(1));
  // Four answers of two addresses twice, and thirty of one.
  EXPECT_THAT(task.rows()[0], HasSubstr("\"ttl\":50,\"records\":46}"));
}

TEST(FastFlux, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 60 && second < 30; ++i)
      answer(traffic, second, "login.example.net", {spread(i, 60)}, 100);
  }
  TextOptions options = {{"clear", {"10s"}}};
  ASSERT_THAT(events_of(fast_flux_operator(), options, answers, traffic.steps(10)), SizeIs(2));
  check_detector(fast_flux_operator(), options, answers, {"qname"}, traffic.steps(10));
}

TEST(FastFlux, eachAddressOfAnAnswerCountsForAdmission) {
  Traffic traffic;
  std::vector<std::string> hosts;
  for (int i = 0; i < 40; ++i) hosts.push_back(spread(i, 40));
  answer(traffic, 3, "login.example.net", hosts, 100);
  TextOptions options = {{"admit", {"40"}}};
  EXPECT_THAT(events_of(fast_flux_operator(), options, answers, traffic.steps()), SizeIs(2));
  options = {{"admit", {"41"}}};
  EXPECT_THAT(events_of(fast_flux_operator(), options, answers, traffic.steps()), IsEmpty());
}

TEST(FastFlux, networksAreAutonomousSystemsWhereAFileTellsThem) {
  if (!testing::can_write_mmdb()) GTEST_SKIP() << "libmaxmind-db-writer-perl is not installed";
  std::string folder = ::testing::TempDir() + "/fast_flux_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(testing::write_mmdb(folder, folder + "/asn.mmdb", "ASN", ""));
  Traffic traffic;
  for (int i = 0; i < 30; ++i) {
    answer(traffic, 3, "one-owner.example.net", {fmt::format("20.{}.0.1", i)}, 60);
    answer(traffic, 3, "unknown-owners.example.net", {fmt::format("{}.7.0.1", 30 + i)}, 60);
  }
  EXPECT_THAT(events_of(fast_flux_operator(), {}, answers, traffic.steps()), SizeIs(4));
  EXPECT_THAT(
      events_of(fast_flux_operator(), {{"asn", {folder + "/asn.mmdb"}}}, answers, traffic.steps()),
      ElementsAre("10s opened 1 unknown-owners.example.net 0s 10s",
                  "70s closed 1 unknown-owners.example.net 0s 10s"));
  std::filesystem::remove_all(folder);
}

TEST(FastFlux, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(fast_flux_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'qname'"));
  EXPECT_THAT(declare_error(fast_flux_operator(), {}, {{answers[0], answers[1], answers[2]}}),
              HasSubstr("'addresses'"));
}

}  // namespace
}  // namespace dnstorm::operators
