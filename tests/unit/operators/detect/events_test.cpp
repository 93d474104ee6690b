#include "operators/detect/events.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "engine/api/hook.hpp"
#include "operators/detect/event.hpp"
#include "operators/detect/live_mutes.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

TextRow event(const std::string& time, const std::string& id, const std::string& state,
              int severity, const std::string& key = "victim.example",
              const std::string& detector = "random_subdomain") {
  return {time,  id,   detector, state, std::to_string(severity), "3", "domain", key, "10s",
          "20s", "{}", "[]",     "look"};
}

class EventsTask {
 public:
  explicit EventsTask(const TextOptions& options)
      : task(events_operator(), options, event_fields(),
             {.read_outputs = {"time", "id", "state", "severity"}}) {}
  std::vector<std::string> take(const std::vector<TextRow>& rows) {
    task.feed(rows);
    return task.take();
  }
  TaskHarness task;
};

TEST(Events, passOnWhatDetectorsFound) {
  TaskHarness task(events_operator(), {}, event_fields());
  task.feed({event("20s", "7", "opened", 2)});
  EXPECT_THAT(task.take(), ElementsAre("20s 7 random_subdomain opened 2 3 domain victim.example "
                                       "10s 20s {} [] look"));
}

TEST(Events, leaveOutWhatIsAllowed) {
  EventsTask events(TextOptions{{"allow", {"example", "192.0.2.0/24"}}});
  EXPECT_THAT(events.take({event("20s", "7", "opened", 2), event("20s", "8", "opened", 2, "else"),
                           event("20s", "9", "opened", 2, "192.0.2.0/24"),
                           event("20s", "10", "opened", 2, "192.0.2.9 b.c")}),
              ElementsAre("20s 8 opened 2"));
  EXPECT_EQ(events.task.counter("allowed"), 3U);
}

TEST(Events, aMuteHasAnEnd) {
  EventsTask events(
      {{"mute", {"1970-01-01T00:01:00Z random_subdomain example", "never zone_scan *"}}});
  EXPECT_THAT(events.take({event("20s", "7", "opened", 2),
                           event("20s", "8", "opened", 2, "victim.example", "dga"),
                           event("20s", "9", "opened", 2, "any", "zone_scan")}),
              ElementsAre("20s 8 opened 2"));
  EXPECT_EQ(events.task.counter("muted"), 2U);
  // Still there when the mute has ended: it is told of from here on, and closed.
  EXPECT_THAT(events.take({event("80s", "7", "updated", 2), event("200s", "7", "closed", 2)}),
              ElementsAre("80s 7 opened 2", "200s 7 closed 2"));
}

TEST(Events, leaveOutWhatIsSmallUntilItIsNot) {
  EventsTask events(TextOptions{{"severity", {"high"}}});
  EXPECT_THAT(events.take({event("20s", "7", "opened", 2), event("30s", "7", "updated", 3),
                           event("40s", "7", "closed", 3), event("40s", "8", "opened", 1),
                           event("50s", "8", "closed", 1)}),
              ElementsAre("30s 7 opened 3", "40s 7 closed 3"));
  EXPECT_EQ(events.task.counter("below_severity"), 2U);
}

TEST(Events, holdUpdatesUnlessTheyAreGraver) {
  EventsTask events(TextOptions{{"update", {"5m"}}});
  EXPECT_THAT(
      events.take({event("20s", "7", "opened", 2), event("80s", "7", "updated", 2),
                   event("140s", "7", "updated", 3), event("200s", "7", "updated", 2),
                   event("440s", "7", "updated", 2), event("500s", "7", "closed", 3)}),
      ElementsAre("20s 7 opened 2", "140s 7 updated 3", "440s 7 updated 2", "500s 7 closed 3"));
  EXPECT_EQ(events.task.counter("updates_held"), 2U);
}

TEST(Events, areBoundedForEachDetector) {
  EventsTask events(TextOptions{{"opened_max", {"2"}}});
  EXPECT_THAT(events.take({event("1s", "1", "opened", 2), event("2s", "2", "opened", 2),
                           event("3s", "3", "opened", 2), event("3s", "4", "opened", 2, "a", "dga"),
                           event("90s", "1", "closed", 2), event("90s", "3", "closed", 2),
                           event("600s", "5", "opened", 2)}),
              ElementsAre("1s 1 opened 2", "2s 2 opened 2", "3s 4 opened 2", "90s 1 closed 2",
                          "600s 5 opened 2"));
  EXPECT_EQ(events.task.counter("over_limit"), 1U);
}

TEST(Events, readRulesAgainWhenTheirFileHasChanged) {
  auto path = std::filesystem::path(::testing::TempDir()) / "dnstorm_mutes.txt";
  std::filesystem::remove(path);
  EventsTask events(TextOptions{{"mute_file", {path.string()}}});
  ASSERT_TRUE(events.task.prepared.ok());
  EXPECT_THAT(events.take({event("20s", "1", "opened", 2)}), ElementsAre("20s 1 opened 2"));
  std::ofstream(path) << "# a load test\nnever * example  # ours\n";
  events.task.clock.now += 10 * ns_per_s;
  EXPECT_THAT(events.take({event("21s", "2", "opened", 2)}), IsEmpty());
  EXPECT_EQ(events.task.counter("reloads"), 1U);
  std::ofstream(path) << "soon * example\n";
  events.task.clock.now += 10 * ns_per_s;
  EXPECT_THAT(events.take({event("22s", "3", "opened", 2)}), IsEmpty());
  EXPECT_EQ(events.task.counter("broken_files"), 1U);
  std::filesystem::remove(path);
  events.task.clock.now += 10 * ns_per_s;
  EXPECT_THAT(events.take({event("23s", "4", "opened", 2)}), ElementsAre("23s 4 opened 2"));
}

TEST(Events, areMutedByWhatComesWhileTheyRun) {
  auto mutes = std::make_shared<LiveMutes>();
  Resources resources;
  resources.publish(live_mutes_key, mutes);
  testing::HarnessSettings settings;
  settings.read_outputs = {"id"};
  settings.resources = &resources;
  TaskHarness task(events_operator(), TextOptions{{"mute", {"never dga *"}}}, event_fields(),
                   settings);
  auto passed = [&](const std::string& id, const std::string& detector) {
    task.feed({event("20s", id, "opened", 2, "victim.example", detector)});
    return task.take().size();
  };
  EXPECT_EQ(passed("1", "tunnel"), 1u);
  mutes->set({"never tunnel example", "what is no rule"});
  EXPECT_EQ(passed("2", "tunnel"), 0u);
  EXPECT_EQ(passed("3", "dga"), 0u) << "its own still hold";
  EXPECT_EQ(passed("4", "zone_scan"), 1u);
  mutes->set({});
  EXPECT_EQ(passed("5", "tunnel"), 1u);
  EXPECT_EQ(task.counter("muted"), 2U);
}

TEST(Events, goOnFromACheckpoint) {
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(events_operator(), TextOptions{{"opened_max", {"2"}}},
                                             event_fields());
      },
      {testing::rows({event("1s", "1", "opened", 2), event("2s", "2", "opened", 2)}),
       testing::rows({event("3s", "3", "opened", 2), event("50s", "1", "updated", 2)}),
       testing::rows({event("61s", "1", "updated", 2), event("90s", "2", "closed", 2)}),
       testing::rows({event("90s", "3", "closed", 2)})});
}

TEST(Events, refuseNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(events_operator(), options, {event_fields()});
  };
  EXPECT_THAT(error({{"mute", {"never example.com"}}}), HasSubstr("has three words"));
  EXPECT_THAT(error({{"mute", {"tomorrow * *"}}}), HasSubstr("'tomorrow' is no time"));
  EXPECT_THAT(error({{"severity", {"loud"}}}), HasSubstr("loud"));
  EXPECT_THAT(declare_error(events_operator(), {}, {{{"time", Type::time}}}),
              HasSubstr("is no stream of events: its field 'id'"));
}

}  // namespace
}  // namespace dnstorm::operators
