#include "operators/sinks/point_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "operators/sinks/json_text.hpp"

namespace dnstorm::operators {

namespace {

// Ids of series kept in memory; beyond, they are looked up in the file again.
constexpr std::size_t series_cached_max = 200'000;
// The file may hold that part more than the retention asks for.
constexpr int expiries_per_retention = 24;
// Rollups of minutes are a tenth of the points; those of hours next to nothing.
constexpr DurationNs minutes_kept = 30 * 24 * 3600 * ns_per_s;

// `end` is the name of a window's end in every other output too; as an SQL keyword it wants quotes.
// Clustered by time: a window is appended to a few pages, and old points are one range. By series
// first, each point would dirty a page of its own.
constexpr const char* schema_sql = R"(
CREATE TABLE series(
  id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE(measurement, tags));
CREATE TABLE points(
  series INTEGER NOT NULL REFERENCES series(id), time INTEGER NOT NULL, "end" INTEGER NOT NULL,
  fields TEXT NOT NULL, PRIMARY KEY(time, series)) WITHOUT ROWID;
)";
constexpr const char* insert_point_sql =
    "INSERT INTO points(series, time, \"end\", fields) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO "
    "UPDATE SET "
    "\"end\" = excluded.\"end\", fields = json_patch(fields, excluded.fields)";

}  // namespace

Result<PointStore> PointStore::open(const std::string& path, const PointStoreOptions& options) {
  PointStore store;
  store.options_ = options;
  // What cannot be made shows when the file is opened.
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  auto database = SqliteDatabase::open(path, options.busy_timeout);
  if (!database.ok()) return std::move(database.error()).within(path);
  store.database_ = std::move(database).value();
  auto done = store.set_up();
  if (done.ok()) done = store.prepare_statements();
  if (!done.ok()) return std::move(done.error()).within(path);
  return store;
}

Result<void> PointStore::set_up() {
  // NORMAL keeps the file whole through a crash; only the last windows could be missing after a
  // power cut.
  DNSTORM_CHECK(
      database_.run("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; BEGIN IMMEDIATE"));
  std::int64_t version = DNSTORM_TRY(database_.integer("PRAGMA user_version"));
  std::int64_t tables = DNSTORM_TRY(database_.integer("SELECT count(*) FROM sqlite_master"));
  if (version > store_schema_version)
    return Error{ErrorKind::data,
                 fmt::format("was written by a newer dnstorm (schema {}, this one knows {}): "
                             "update dnstorm or name another file",
                             version, store_schema_version),
                 "file"};
  if (version == 0 && tables > 0)
    return Error{ErrorKind::data, "is a SQLite file of another program: name another file", "file"};
  if (version == 0) DNSTORM_CHECK(database_.run(schema_sql));
  if (version < 2) DNSTORM_CHECK(PointRollups::add_tables(database_));
  if (version < 3) DNSTORM_CHECK(PointRollups::add_days(database_));
  DNSTORM_CHECK(database_.run(fmt::format("PRAGMA user_version={}", store_schema_version)));
  return database_.run("COMMIT");
}

Result<void> PointStore::prepare_statements() {
  insert_point_ = DNSTORM_TRY(database_.prepare(insert_point_sql));
  insert_series_ =
      DNSTORM_TRY(database_.prepare("INSERT INTO series(measurement, tags) VALUES(?1, ?2)"));
  find_series_ =
      DNSTORM_TRY(database_.prepare("SELECT id FROM series WHERE measurement = ?1 AND tags = ?2"));
  DNSTORM_CHECK(rollups_.prepare(database_));
  newest_ =
      DNSTORM_TRY(database_.integer("SELECT ifnull(max(time), -9223372036854775808) FROM points"));
  return {};
}

Result<std::int64_t> PointStore::series_id(const Point& point) {
  auto known = series_ids_.find(point.series);
  if (known != series_ids_.end()) return known->second;
  std::string tags;
  append_json_tags(tags, point);
  find_series_.bind(1, point.measurement);
  find_series_.bind(2, tags);
  std::int64_t id = 0;
  if (DNSTORM_TRY(find_series_.step())) {
    id = find_series_.column_integer(0);
    find_series_.reset();
  } else {
    insert_series_.bind(1, point.measurement);
    insert_series_.bind(2, tags);
    DNSTORM_TRY(insert_series_.step());
    id = database_.last_row_id();
    DNSTORM_CHECK(rollups_.add_series(id, std::string(point.measurement), tags));
  }
  if (series_ids_.size() >= series_cached_max) series_ids_.clear();
  series_ids_.emplace(point.series, id);
  return id;
}

Result<void> PointStore::write_all(const std::vector<Point>& points) {
  for (const Point& point : points) {
    std::int64_t series = DNSTORM_TRY(series_id(point));
    text_.clear();
    append_json_fields(text_, point);
    insert_point_.bind(1, series);
    insert_point_.bind(2, point.time);
    insert_point_.bind(3, point.end);
    insert_point_.bind(4, std::string_view(text_));
    DNSTORM_TRY(insert_point_.step());
    // What is older than the retention is deleted soon, and must not replace what it was part of.
    if (options_.retention == 0 || newest_ == time_min ||
        point.time >= newest_ - options_.retention)
      DNSTORM_CHECK(rollups_.touch(point.time));
  }
  if (!options_.rollups) return {};
  TimeNs newest = newest_;
  for (const Point& point : points) newest = std::max(newest, point.time);
  return rollups_.catch_up(database_, newest);
}

Result<void> PointStore::write(const std::vector<Point>& points) {
  DNSTORM_CHECK(database_.run("BEGIN IMMEDIATE"));
  auto done = write_all(points);
  if (done.ok()) done = database_.run("COMMIT");
  if (!done.ok()) {
    // Ids of series that the rollback takes back must not be used again.
    series_ids_.clear();
    rollups_.forget();
    (void)database_.run("ROLLBACK");
    return done;
  }
  for (const Point& point : points) newest_ = std::max(newest_, point.time);
  return {};
}

bool PointStore::expiry_due() const {
  if (options_.retention == 0 || newest_ == time_min) return false;
  return expired_at_ == time_min ||
         newest_ - expired_at_ >= options_.retention / expiries_per_retention;
}

// Moving pages from the write-ahead log into the file syncs the log first.
Result<void> PointStore::sync() {
  (void)DNSTORM_TRY(database_.integer("PRAGMA wal_checkpoint(PASSIVE)"));
  return {};
}

Result<std::int64_t> PointStore::expire() {
  if (options_.retention == 0 || newest_ == time_min) return 0;
  expired_at_ = newest_;
  DNSTORM_CHECK(database_.run("BEGIN IMMEDIATE"));
  auto deleted = delete_old();
  auto done = deleted.ok() ? database_.run("COMMIT") : Result<void>(deleted.error());
  if (done.ok()) return *deleted;
  (void)database_.run("ROLLBACK");
  return done.error();
}

RollupExpiry PointStore::rollup_expiry() const {
  TimeNs points_before = newest_ - options_.retention;
  RollupExpiry expiry{newest_, points_before, time_min, time_min};
  if (options_.rollup_retention == 0) return expiry;
  expiry.before = std::min(points_before, newest_ - options_.rollup_retention);
  expiry.minutes_before = std::max(expiry.before, std::min(points_before, newest_ - minutes_kept));
  return expiry;
}

Result<std::int64_t> PointStore::delete_old() {
  if (options_.rollups) DNSTORM_CHECK(rollups_.expire(database_, rollup_expiry()));
  DNSTORM_CHECK(database_.run(
      fmt::format("DELETE FROM points WHERE time < {}", newest_ - options_.retention)));
  std::int64_t deleted = database_.changes();
  // Which series have no point left takes a walk over all points: once a retention is enough.
  if (swept_at_ == time_min) swept_at_ = newest_;
  if (newest_ - swept_at_ < options_.retention) return deleted;
  swept_at_ = newest_;
  series_ids_.clear();
  DNSTORM_CHECK(database_.run(
      "DELETE FROM series WHERE id NOT IN (SELECT DISTINCT series FROM points) AND id NOT IN "
      "(SELECT DISTINCT series FROM rollups);"
      "DELETE FROM ranked WHERE series NOT IN (SELECT id FROM series)"));
  return deleted;
}

}  // namespace dnstorm::operators
