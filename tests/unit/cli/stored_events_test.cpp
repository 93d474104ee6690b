#include "cli/stored_events.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

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

class StoredEventsTest : public ::testing::Test {
 protected:
  std::size_t read(const std::string& name) {
    auto& file = files_.try_emplace(name, folder_.path_of(name), log_).first->second;
    auto found = file.read();
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
  std::map<std::string, StoredEvents> files_;
};

TEST_F(StoredEventsTest, LinesAreReadByEitherNamesAndTheLastCounts) {
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

TEST_F(StoredEventsTest, PointsOfAStoreAreEventsIfTheyHaveTheirTags) {
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

TEST_F(StoredEventsTest, AStoreWithoutEventsHasNone) {
  make_store("INSERT INTO series VALUES (1, 'rates', '{}');");
  EXPECT_EQ(read("events.sqlite"), 0u);
}

// An event's row in a store, of a second of 2026-01-15.
std::string event_row(std::int64_t series, int second, const std::string& id,
                      const std::string& state) {
  const TimeNs time = (1'768'478'400 + second) * ns_per_s;
  return fmt::format(
      R"(INSERT OR IGNORE INTO series VALUES
         ({0}, 'events', '{{"detector":"dga","id":"{2}","key_kind":"client","state":"{3}"}}');
         INSERT INTO points VALUES ({0}, {1}, {1},
          '{{"severity":"low","score":1.5,"key":"192.0.2.1","start":{1},"end":{1}}}');)",
      series, time, id, state);
}

TEST_F(StoredEventsTest, WhatAnotherProcessAddsToAStoreIsReadOnce) {
  make_store("PRAGMA journal_mode = WAL;" + event_row(1, 10, "a", "opened"));
  auto writer = SqliteDatabase::open(folder_.path_of("events.sqlite"), ns_per_s).value();
  EXPECT_EQ(read("events.sqlite"), 1u);
  EXPECT_EQ(read("events.sqlite"), 0u) << "nothing has come";
  ASSERT_TRUE(writer.run(event_row(2, 20, "a", "updated") + event_row(3, 20, "b", "opened")).ok());
  EXPECT_EQ(read("events.sqlite"), 2u);
  ASSERT_TRUE(writer.run(event_row(2, 30, "a", "updated")).ok());
  EXPECT_EQ(read("events.sqlite"), 1u) << "of a series that was there";
  ASSERT_TRUE(writer.run(event_row(4, 30, "a", "closed")).ok());
  EXPECT_EQ(read("events.sqlite"), 1u) << "of a time that was there";
  EXPECT_EQ(log_.find("a")->state, "closed");
  ASSERT_TRUE(writer.run(event_row(5, -86400, "old", "opened")).ok());
  EXPECT_EQ(read("events.sqlite"), 1u) << "of a time long before";
  EXPECT_TRUE(log_.find("old"));
  EXPECT_EQ(log_.find("a")->state, "closed");
}

TEST_F(StoredEventsTest, AStoreThatIsMadeLaterIsRead) {
  EXPECT_FALSE(StoredEvents(folder_.path_of("events.sqlite"), log_).read().ok());
  make_store("INSERT INTO series VALUES (1, 'rates', '{}');");
  EXPECT_EQ(read("events.sqlite"), 0u);
  auto writer = SqliteDatabase::open(folder_.path_of("events.sqlite"), ns_per_s).value();
  ASSERT_TRUE(writer.run(event_row(2, 10, "a", "opened")).ok());
  EXPECT_EQ(read("events.sqlite"), 1u);
}

TEST_F(StoredEventsTest, LinesThatAreAddedAreRead) {
  std::ofstream file(folder_.path_of("events.jsonl"));
  const std::string line = own;
  file << line << '\n' << std::flush;
  EXPECT_EQ(read("events.jsonl"), 1u);
  file << line.substr(0, 20) << std::flush;
  EXPECT_EQ(read("events.jsonl"), 0u) << "half a line";
  file << line.substr(20) << '\n' << line << std::flush;
  EXPECT_EQ(read("events.jsonl"), 2u) << "and one that may be whole";
  EXPECT_EQ(read("events.jsonl"), 0u);
}

TEST_F(StoredEventsTest, WhatIsNotThereIsSaid) {
  auto found = StoredEvents(folder_.path_of("none"), log_).read();
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::no_input);
  EXPECT_THAT(found.error().what, ::testing::HasSubstr("none: cannot be read"));
}

}  // namespace
}  // namespace dnstorm::cli
