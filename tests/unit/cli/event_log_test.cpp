#include "cli/event_log.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cli {
namespace {

using ::testing::ElementsAre;

std::string event(std::uint64_t id, const std::string& state = "opened", int second = 0,
                  const std::string& detector = "tunnel", const std::string& severity = "high",
                  const std::string& key = "t.example") {
  return fmt::format(
      R"({{"time":"2026-01-01T00:{0:02}:{1:02}Z","id":{2},"detector":"{3}","state":"{4}",)"
      R"("severity":"{5}","score":2.5,"key_kind":"domain","key":"{6}",)"
      R"("start":"2026-01-01T00:{0:02}:{1:02}Z","end":"2026-01-01T00:{0:02}:{1:02}Z",)"
      R"("evidence":"{{\"names\":7}}","samples":"[\"Client 192.0.2.7\"]","advice":"look"}})",
      second / 60, second % 60, id, detector, state, severity, key);
}

FeedFrame frame(std::vector<std::string> events) {
  FeedFrame out;
  out.view = "events";
  for (std::string& one : events) out.rows.push_back({std::move(one), {}});
  return out;
}

std::vector<std::string> ids(const EventLog::Page& page) {
  std::vector<std::string> all;
  for (const LoggedEvent& one : page.events) all.push_back(one.id);
  return all;
}

std::vector<std::string> found(const EventLog& log, const EventFilter& filter) {
  return ids(log.page(filter, 0, 0, 100));
}

TEST(EventLog, KeepsNumbersThatNoDoubleHolds) {
  EventLog log;
  log.take(frame({event(18446744073709551615ULL)}));
  ASSERT_TRUE(log.find("18446744073709551615").has_value());
  EXPECT_EQ(log.find("18446744073709551615")->evidence, R"({"names":7})");
}

TEST(EventLog, NewsReplacesWhatWasKnownAndStaysInItsPlace) {
  EventLog log;
  log.take(frame({event(1, "opened", 10), event(2, "opened", 20)}));
  log.take(frame({event(1, "closed", 60)}));
  const EventLog::Page page = log.page({}, 0, 0, 100);
  EXPECT_THAT(ids(page), ElementsAre("2", "1"));
  EXPECT_EQ(page.events[1].state, "closed");
  EXPECT_EQ(page.events[1].end - page.events[1].start, 50 * ns_per_s) << "it began when it began";
  EXPECT_EQ(log.newest_time() - page.events[1].start, 50 * ns_per_s);
}

TEST(EventLog, KeepsTheMessagesOfAnEventThatCloses) {
  EventLog log;
  std::string closed = event(1, "closed", 60);
  closed.replace(closed.find(R"([\"Client 192.0.2.7\"])"), 22, "[]");
  log.take(frame({event(1), closed}));
  EXPECT_EQ(log.find("1")->samples, R"(["Client 192.0.2.7"])");
}

TEST(EventLog, ForgetsTheOldestAndSaysSo) {
  EventLog log(2);
  log.take(frame({event(1), event(2), event(3)}));
  const EventLog::Page page = log.page({}, 0, 0, 100);
  EXPECT_THAT(ids(page), ElementsAre("3", "2"));
  EXPECT_EQ(page.forgotten, 1u);
  EXPECT_FALSE(log.find("1").has_value());
}

TEST(EventLog, Filters) {
  EventLog log;
  log.take(frame({event(1, "opened", 0, "tunnel", "low", "a.example"),
                  event(2, "closed", 0, "tunnel", "critical", "B.example"),
                  event(3, "updated", 0, "dga", "medium", "192.0.2.9")}));
  EXPECT_THAT(found(log, {.detector = "tunnel"}), ElementsAre("2", "1"));
  EXPECT_THAT(found(log, {.severity = 2}), ElementsAre("3", "2"));
  EXPECT_THAT(found(log, {.state = "open"}), ElementsAre("3", "1"));
  EXPECT_THAT(found(log, {.state = "closed"}), ElementsAre("2"));
  EXPECT_THAT(found(log, {.text = "b.EXAMPLE"}), ElementsAre("2"));
  EXPECT_THAT(found(log, {.text = "client 192.0.2.7"}), ElementsAre("3", "2", "1"))
      << "in the messages";
}

TEST(EventLog, TurnsPagesWithoutSeeingOneTwice) {
  EventLog log;
  for (std::uint64_t id = 1; id <= 5; ++id) log.take(frame({event(id)}));
  const std::uint64_t top = log.page({}, 0, 0, 2).newest;
  log.take(frame({event(6), event(7)}));
  const EventLog::Page second = log.page({}, top, 2, 2);
  EXPECT_THAT(ids(second), ElementsAre("3", "2"));
  EXPECT_EQ(second.matching, 5u);
  EXPECT_EQ(second.newer, 2u);
  EXPECT_EQ(second.newest, 7u);
}

TEST(EventLog, CountsWhenEventsBegan) {
  EventLog log;
  EXPECT_TRUE(log.rates(10).counts.empty());
  log.take(frame({event(1, "opened", 0), event(2, "opened", 5), event(3, "opened", 95),
                  event(4, "opened", 30, "dga")}));
  const EventLog::Rates fine = log.rates(10);
  EXPECT_EQ(fine.bucket, 10 * ns_per_s);
  EXPECT_THAT(fine.counts.at("tunnel"), ElementsAre(2, 0, 0, 0, 0, 0, 0, 0, 0, 1));
  EXPECT_THAT(fine.counts.at("dga"), ElementsAre(0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(log.rates(4).counts.at("tunnel"), ElementsAre(2, 0, 0, 1)) << "30 s each";
}

TEST(EventLog, PassesOverWhatIsNoEvent) {
  EventLog log;
  log.take(frame({"", "[]", "{}", R"({"id":1,"detector":"x","severity":"high"})",
                  R"({"id":1,"detector":"x","severity":"odd","time":"2026-01-01"})"}));
  EXPECT_EQ(log.page({}, 0, 0, 10).all, 0u);
}

TEST(EventFeed, GivesOtherFramesOn) {
  struct Others : Feed {
    void publish(FeedFrame frame) override { views.push_back(frame.view); }
    std::vector<std::string> views;
  } others;
  EventLog log;
  EventFeed feed(log, others);
  FeedFrame wall;
  wall.view = "wall";
  feed.publish(wall);
  feed.publish(frame({event(1)}));
  EXPECT_THAT(others.views, ElementsAre("wall"));
  EXPECT_EQ(log.page({}, 0, 0, 10).all, 1u);
}

}  // namespace
}  // namespace dnstorm::cli
