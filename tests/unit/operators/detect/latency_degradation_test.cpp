#include "operators/detect/latency_degradation.hpp"

#include <algorithm>

#include "tests/unit/operators/detect/detect_rows.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_detector;
using ::testing::Contains;
using testing::declare_error;
using ::testing::ElementsAre;
using testing::events_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RescaleStep;
using ::testing::SizeIs;
using testing::TaskHarness;
using testing::TextOptions;
using testing::Traffic;

const std::vector<Field> outcomes = {
    {"time", Type::time}, {"query_time", Type::time}, {"client", Type::ip},
    {"server", Type::ip}, {"qname", Type::str},       {"qtype", Type::u16},
    {"rcode", Type::u16}, {"status", Type::u8},       {"latency_us", Type::u64}};

void answer(Traffic& traffic, TimeNs second, const std::string& server, int us) {
  traffic.add(second, {std::to_string(second) + "s", "192.0.2.7", server, "www.example.com", "1",
                       "0", "0", std::to_string(us)});
}
void silence(Traffic& traffic, TimeNs second, const std::string& server) {
  traffic.add(second, {std::to_string(second - 5) + "s", "192.0.2.7", server, "www.example.com",
                       "1", "0", "1", "0"});
}
// Between a half and one and a half times `us`.
int spread(TimeNs second, int i, int us) {
  std::uint64_t dice = hash_number(static_cast<std::uint64_t>(second * 100 + i));
  return us / 2 + static_cast<int>(dice % static_cast<std::uint64_t>(us));
}

void add_background(Traffic& traffic, TimeNs second) {
  for (int i = 0; i < 8; ++i) {
    answer(traffic, second, "198.51.100.1", spread(second, i, 20'000));
    answer(traffic, second, "198.51.100.2", spread(second, i, 300));
    silence(traffic, second, "198.51.100.3");  // was never there
    traffic.add(second, {"0s", "192.0.2.7", "198.51.100.2", "www.example.com", "1", "0", "2", "0"});
  }
  answer(traffic, second, "198.51.100.4", second % 20 < 10 ? 100 : 900'000);  // too few
}

TEST(LatencyDegradation, isFoundInItsSecondWindowAndClosedWhenItIsOver) {
  Traffic traffic;
  for (TimeNs second = 0; second < 300; ++second) {
    add_background(traffic, second);
    bool slow = second >= 120 && second < 200;
    for (int i = 0; i < 8; ++i)
      answer(traffic, second, "198.51.100.9", spread(second, i, slow ? 110'000 : 20'000));
  }
  EXPECT_THAT(events_of(latency_degradation_operator(), {}, outcomes, traffic.steps()),
              ElementsAre("140s opened 2 198.51.100.9 120s 140s", HasSubstr("updated"),
                          "260s closed 2 198.51.100.9 120s 200s"));
}

// Results of match come in an order that depends on how its input fell into batches.
TEST(LatencyDegradation, anEventIsTheSameInWhateverOrderRowsCome) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second)
    for (int i = 0; i < 8; ++i)
      traffic.add(second, {std::to_string(second) + "s", fmt::format("192.0.2.{}", 9 - i),
                           "198.51.100.9", "www.example.com", "1", "0", "0",
                           std::to_string(spread(second, i, second >= 120 ? 110'000 : 20'000))});
  auto events = [&](bool turned) {
    TaskHarness task(latency_degradation_operator(), {}, outcomes,
                     {.read_outputs = {"state", "evidence", "samples"}});
    for (RescaleStep step : traffic.steps()) {
      if (turned) std::reverse(step.rows.begin(), step.rows.end());
      task.feed(step.rows);
      task.watermark(step.watermark);
    }
    task.finish();
    return task.take();
  };
  EXPECT_THAT(events(false), Contains(HasSubstr("192.0.2.7")));
  EXPECT_EQ(events(false), events(true));
}

TEST(LatencyDegradation, aServerThatFallsSilentIsSlow) {
  Traffic traffic;
  for (TimeNs second = 0; second < 150; ++second)
    for (int i = 0; i < 8; ++i)
      if (second < 100)
        answer(traffic, second, "198.51.100.9", spread(second, i, 20'000));
      else
        silence(traffic, second, "198.51.100.9");
  auto found = events_of(latency_degradation_operator(), {}, outcomes, traffic.steps());
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0], "120s opened 4 198.51.100.9 100s 120s");
}

TEST(LatencyDegradation, cleanTrafficRaisesNothing) {
  Traffic traffic;
  for (TimeNs second = 0; second < 300; ++second) add_background(traffic, second);
  EXPECT_THAT(events_of(latency_degradation_operator(), {{"raise_after", {"1"}}}, outcomes,
                        traffic.steps()),
              IsEmpty());
}

TEST(LatencyDegradation, aSmallRiseOfAFastServerIsNone) {
  Traffic traffic;
  for (TimeNs second = 0; second < 200; ++second)
    for (int i = 0; i < 8; ++i)
      answer(traffic, second, "198.51.100.9", spread(second, i, second < 100 ? 300 : 1'200));
  TextOptions options = {{"least_rise", {"2ms"}}};
  EXPECT_THAT(events_of(latency_degradation_operator(), options, outcomes, traffic.steps()),
              IsEmpty());
  EXPECT_THAT(events_of(latency_degradation_operator(), {}, outcomes, traffic.steps()),
              ::testing::Not(IsEmpty()));
}

TEST(LatencyDegradation, saysWhatItSaw) {
  Traffic traffic;
  for (TimeNs second = 0; second < 80; ++second)
    for (int i = 0; i < 5; ++i)
      answer(traffic, second, "198.51.100.9", second < 70 ? 20'000 : i == 0 ? 10 : 80'000);
  TaskHarness task(latency_degradation_operator(), {{"raise_after", {"1"}}}, outcomes,
                   {.read_outputs = {"key_kind", "evidence", "samples"}});
  for (const auto& step : traffic.steps()) {
    task.feed(step.rows);
    task.watermark(step.watermark);
  }
  ASSERT_THAT(task.rows(), SizeIs(1));
  EXPECT_THAT(task.rows()[0], HasSubstr("server {\"time_ms\":80,\"usual_ms\":20,"));
  EXPECT_THAT(task.rows()[0], HasSubstr("\"threshold_ms\":40,\"queries\":50,\"unanswered\":0}"));
  EXPECT_THAT(task.rows()[0], HasSubstr("192.0.2.7 www.example.com A NOERROR"));
}

TEST(LatencyDegradation, isThatOfAnyNumberOfTasksAndGoesOnFromACheckpoint) {
  Traffic traffic;
  for (TimeNs second = 0; second < 150; second += 4) {
    add_background(traffic, second);
    for (int i = 0; i < 10; ++i)
      answer(traffic, second, "198.51.100.9",
             spread(second, i, second < 90 || second > 120 ? 20'000 : 400'000));
  }
  TextOptions options = {{"clear", {"10s"}}, {"queries", {"10"}}};
  ASSERT_THAT(events_of(latency_degradation_operator(), options, outcomes, traffic.steps(10)),
              SizeIs(2));
  check_detector(latency_degradation_operator(), options, outcomes, {"server"}, traffic.steps(10));
}

TEST(LatencyDegradation, refusesInputsThatDoNotFit) {
  EXPECT_THAT(declare_error(latency_degradation_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("'server'"));
}

}  // namespace
}  // namespace dnstorm::operators
