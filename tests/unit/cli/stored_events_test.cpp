#include "cli/stored_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "engine/sqlite/sqlite.hpp"
#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::cli {
namespace {

constexpr const char* own =
    R"({"time":"2026-01-01T00:01:00Z","id":18446744073709551615,"detector":"tunnel",)"
    R"("state":"opened","severity":"high","score":3.5,"key_kind":"domain","key":"t.example",)"
    R"("start":"2026-01-01T00:00:30Z","end":"2026-01-01T00:01:00Z",)"
    R"("evidence":"{\"bytes\":1600}","samples":"[]","advice":"look"})";
constexpr const char* ecs =
    R"({"@timestamp":"2026-01-01T00:02:00Z","event.id":18446744073709551615,)"
    R"("rule.name":"tunnel","event.action":"closed","log.level":"critical",)"
    R"("event.risk_score":20,"dnstorm.key_kind":"domain","dnstorm.key":"t.example",)"
    R"("event.start":"2026-01-01T00:00:40Z","event.end":"2026-01-01T00:02:00Z",)"
    R"("dnstorm.evidence":"{\"bytes\":9000}","message":"look"})";

class StoredEvents : public ::testing::Test {
 protected:
  std::size_t read(const std::string& name) {
    auto found = read_stored_events(folder_.path_of(name), log_);
    EXPECT_TRUE(found.ok()) << found.error().what;
    return found.ok() ? *found : 0;
  }
  void make_store(const std::string& points) const {
    auto store = SqliteDatabase::open(folder_.path_of("events.sqlite"), ns_per_s);
    ASSERT_TRUE(store.ok());
    auto made = store->run(
        "PRAGMA user_version = 2;"
        "CREATE TABLE series(id INTEGER PRIMARY KEY, measurement TEXT, tags TEXT);"
        "CREATE TABLE points(series INTEGER, time INTEGER, \"end\" INTEGER, fields TEXT);" +
        points);
    ASSERT_TRUE(made.ok()) << made.error().what;
  }

  testing::TemporaryFolder folder_;
  EventLog log_;
};

TEST_F(StoredEvents, LinesAreReadByEitherNamesAndTheLastCounts) {
  std::ofstream(folder_.path_of("events.jsonl")) << own << "\nno event\n{\"a\":1}\n" << ecs << "\n";
  EXPECT_EQ(read("events.jsonl"), 2u);
  const auto page = log_.page({}, 0, 0, 10);
  ASSERT_EQ(page.events.size(), 1u);
  const LoggedEvent& event = page.events[0];
  EXPECT_EQ(event.id, "18446744073709551615");
  EXPECT_EQ(event.state, "closed");
  EXPECT_EQ(severity_names[event.severity], "critical");
  EXPECT_EQ(event.key, "t.example");
  EXPECT_EQ(event.evidence, R"({"bytes":9000})");
  EXPECT_EQ(event.end - event.start, 90 * ns_per_s) << "from the begin of the first row on";
}

TEST_F(StoredEvents, PointsOfAStoreAreEventsIfTheyHaveTheirTags) {
  make_store(
      R"(INSERT INTO series VALUES
         (1, 'events', '{"detector":"dga","id":"7","key_kind":"client","state":"opened"}'),
         (2, 'rates', '{"qr":"query"}');)"
      R"(INSERT INTO points VALUES
         (1, 1768478470000000000, 1768478470000000000,
          '{"severity":"low","score":1.5,"key":"192.0.2.1","start":1768478460000000000,)"
      R"("end":1768478470000000000,"evidence":"{}","samples":"[]","advice":"look"}'),
         (2, 1768478470000000000, 1768478471000000000, '{"count":5}');)");
  EXPECT_EQ(read("events.sqlite"), 1u);
  const auto event = log_.find("7");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->detector, "dga");
  EXPECT_EQ(event->key, "192.0.2.1");
  EXPECT_EQ(event->start, 1'768'478'460 * ns_per_s);
  EXPECT_EQ(event->time, 1'768'478'470 * ns_per_s);
}

TEST_F(StoredEvents, AStoreWithoutEventsHasNone) {
  make_store("INSERT INTO series VALUES (1, 'rates', '{}');");
  EXPECT_EQ(read("events.sqlite"), 0u);
}

TEST_F(StoredEvents, WhatIsNotThereIsSaid) {
  auto found = read_stored_events(folder_.path_of("none"), log_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::no_input);
  EXPECT_THAT(found.error().what, ::testing::HasSubstr("none: cannot be read"));
}

}  // namespace
}  // namespace dnstorm::cli
