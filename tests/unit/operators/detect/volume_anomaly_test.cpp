#include "operators/detect/volume_anomaly.hpp"

#include <fstream>

#include "operators/season/past.hpp"
#include "tests/unit/operators/detect/detect_rows.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_detector;
using ::testing::Contains;
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
    {"time", Type::time}, {"server", Type::ip}, {"qr", Type::boolean}};

void ask(Traffic& traffic, TimeNs second, const std::string& server, int rows) {
  for (int i = 0; i < rows; ++i) traffic.add(second, {server, "false"});
  traffic.add(second, {server, "true"});
}

const TextOptions quick = {{"learn", {"60s"}}, {"queries", {"300"}}};

Traffic background(TimeNs seconds) {
  Traffic traffic;
  for (TimeNs second = 0; second < seconds; ++second) {
    ask(traffic, second, "192.0.2.1", 60 + static_cast<int>(second % 7) * 3);
    ask(traffic, second, "2001:db8::1", 40);
  }
  return traffic;
}

TEST(VolumeAnomaly, whatIsUsualIsNone) {
  EXPECT_THAT(events_of(volume_anomaly_operator(), quick, queries, background(240).steps()),
              IsEmpty());
}

TEST(VolumeAnomaly, moreThanIsUsualIsFound) {
  Traffic traffic = background(220);
  for (TimeNs second = 120; second < 140; ++second) ask(traffic, second, "2001:db8::1", 200);
  EXPECT_THAT(
      events_of(volume_anomaly_operator(), quick, queries, traffic.steps()),
      ElementsAre("140s opened 2 2001:db8::1 120s 140s", "200s closed 2 2001:db8::1 120s 140s"));
}

TEST(VolumeAnomaly, aServerThatFallsSilentIsFound) {
  Traffic traffic;
  for (TimeNs second = 0; second < 220; ++second) {
    ask(traffic, second, "192.0.2.1", 60);
    if (second < 120 || second >= 150) ask(traffic, second, "2001:db8::1", 40);
  }
  EXPECT_THAT(events_of(volume_anomaly_operator(), quick, queries, traffic.steps()),
              ElementsAre(HasSubstr("140s opened 4 2001:db8::1 120s 140s"),
                          HasSubstr("210s closed 4 2001:db8::1 120s 150s")));
}

TEST(VolumeAnomaly, ofAllTogether) {
  Traffic traffic = background(220);
  for (TimeNs second = 120; second < 140; ++second)
    for (int i = 0; i < 10; ++i) ask(traffic, second, "192.0.2." + std::to_string(i), 30);
  TextOptions options = quick;
  options["by"] = {};
  EXPECT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps()),
              ElementsAre("140s opened 2 all 120s 140s", "200s closed 2 all 120s 140s"));
}

TEST(VolumeAnomaly, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 150; second += 5) {
    for (int server = 1; server < 6; ++server)
      if (server != 3 || second < 90 || second > 120)
        ask(traffic, second, "192.0.2." + std::to_string(server),
            server == 2 && second > 100 && second < 130 ? 200 : 60);
  }
  TextOptions options = {{"learn", {"30s"}}, {"queries", {"20"}}, {"clear", {"20s"}}};
  ASSERT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(10)), SizeIs(4));
  check_detector(volume_anomaly_operator(), options, queries, {"server"}, traffic.steps(10));
}

// Every task has a window open then, and saves what is its own of it.
TEST(VolumeAnomaly, goesOnFromACheckpointWithinAWindow) {
  Traffic traffic;
  for (TimeNs second = 0; second < 60; second += 5)
    for (int server = 1; server < 4; ++server)
      ask(traffic, second, "192.0.2." + std::to_string(server), 20);
  TextOptions options = {{"learn", {"30s"}}, {"queries", {"20"}}, {"clear", {"20s"}}};
  check_detector(volume_anomaly_operator(), options, queries, {"server"}, traffic.steps(5));
}

constexpr Hour first_monday = 473'352;  // 2024-01-01

// 600 queries a minute, 60 from 2 to 4 o'clock.
double by_hour(Hour hour) { return hour % 24 == 2 || hour % 24 == 3 ? 60 : 600; }

// A file that knows six weeks of a server.
class SeasonFile {
 public:
  explicit SeasonFile(const std::string& server) {
    Pasts pasts;
    History& history = pasts[server].history;
    for (Hour hour = first_monday; hour < monday; ++hour)
      for (int m = 0; m < 60; ++m)
        history.add(start_of(hour) + m * ns_per_minute, by_hour(hour) + m % 5);
    history.close();
    std::ofstream(path()) << season_file(pasts);
  }
  static constexpr Hour monday = first_monday + 6 * hours_per_week;
  std::string path() const { return folder_.path_of("dns.season"); }

 private:
  dnstorm::testing::TemporaryFolder folder_;
};

// From 1:50 of that Monday on: as `count` has it, in windows of 10 s.
Traffic night(const std::string& server, const std::function<int(TimeNs)>& count) {
  Traffic traffic;
  TimeNs begin = start_of(SeasonFile::monday) / ns_per_s + 6600;
  for (TimeNs second = 0; second < 1500; second += 10)
    ask(traffic, begin + second, server, count(second));
  return traffic;
}

TEST(VolumeAnomaly, whatIsUsualAtThatHourIsNone) {
  SeasonFile file("192.0.2.1");
  Traffic traffic = night("192.0.2.1", [](TimeNs second) { return second < 600 ? 100 : 10; });
  TextOptions options = {{"queries", {"50"}}};
  EXPECT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(10)),
              Contains(HasSubstr("opened")));
  options["file"] = {file.path()};
  EXPECT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(10)), IsEmpty());
}

TEST(VolumeAnomaly, whatIsUsualAtOtherHoursOnlyIsFound) {
  SeasonFile file("192.0.2.1");
  Traffic traffic = night("192.0.2.1", [](TimeNs) { return 100; });
  TextOptions options = {{"queries", {"50"}}};
  EXPECT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(10)), IsEmpty());
  options["file"] = {file.path()};
  TaskHarness task(volume_anomaly_operator(), options, queries,
                   {.read_outputs = {"state", "key", "start", "evidence"}});
  for (const testing::RescaleStep& step : traffic.steps(10)) {
    testing::feed_all(task, step.rows);
    task.watermark(step.watermark);
  }
  auto events = task.take();
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events[0], HasSubstr("opened 192.0.2.1"));
  EXPECT_THAT(events[0], HasSubstr("\"queries\":100,"));
  EXPECT_THAT(events[0], HasSubstr("\"expected\":10"));
  EXPECT_THAT(events[0], HasSubstr("\"weeks\":6"));
  options["weeks"] = {"0"};
  EXPECT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(10)), IsEmpty());
}

TEST(VolumeAnomaly, withASeasonIsThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  SeasonFile file("192.0.2.1");
  Traffic traffic = night("192.0.2.1", [](TimeNs) { return 100; });
  TextOptions options = {{"queries", {"50"}}, {"file", {file.path()}}};
  ASSERT_THAT(events_of(volume_anomaly_operator(), options, queries, traffic.steps(60)),
              ::testing::Not(IsEmpty()));
  check_detector(volume_anomaly_operator(), options, queries, {"server"}, traffic.steps(60));
}

TEST(VolumeAnomaly, saysWhatIsWrongWithItsFile) {
  dnstorm::testing::TemporaryFolder folder;
  std::string path = folder.path_of("no.season");
  TaskHarness task(volume_anomaly_operator(), {{"file", {path}}}, queries);
  ASSERT_FALSE(task.prepared.ok());
  EXPECT_EQ(task.prepared.error().kind, ErrorKind::no_input);
  EXPECT_THAT(task.prepared.error().what, HasSubstr("volume_anomaly: " + path));
}

TEST(VolumeAnomaly, refusesFieldsThatAreNotThere) {
  EXPECT_THAT(declare_error(volume_anomaly_operator(), {{"by", {"site"}}}, {queries}),
              HasSubstr("'site'"));
}

}  // namespace
}  // namespace dnstorm::operators
