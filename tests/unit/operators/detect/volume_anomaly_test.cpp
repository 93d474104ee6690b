#include "operators/detect/volume_anomaly.hpp"

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

TEST(VolumeAnomaly, refusesFieldsThatAreNotThere) {
  EXPECT_THAT(declare_error(volume_anomaly_operator(), {{"by", {"site"}}}, {queries}),
              HasSubstr("'site'"));
}

}  // namespace
}  // namespace dnstorm::operators
