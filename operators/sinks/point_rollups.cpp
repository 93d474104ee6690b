#include "operators/sinks/point_rollups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "operators/sinks/window_tops.hpp"

namespace dnstorm::operators {

namespace {

// Windows of different lengths end together, but come one after the other.
constexpr DurationNs settling = 15 * ns_per_s;
// Buckets of each length, of an old file, with each group of windows that is written.
constexpr std::int64_t past_per_write = 3;

constexpr std::size_t hours = 2;  // their level
constexpr std::size_t days = 3;

constexpr DurationNs step_ns(std::size_t level) { return rollup_steps_s[level] * ns_per_s; }

constexpr TimeNs floor_to(TimeNs time, DurationNs step) {
  return (time >= 0 ? time / step : (time + 1) / step - 1) * step;
}

// Clustered by time, as the points are.
constexpr const char* tables_sql = R"(
CREATE TABLE rollups(
  step INTEGER NOT NULL, time INTEGER NOT NULL, series INTEGER NOT NULL, field TEXT NOT NULL,
  windows INTEGER NOT NULL, sum REAL NOT NULL, weighted REAL NOT NULL, weight REAL NOT NULL,
  low REAL NOT NULL, high REAL NOT NULL, PRIMARY KEY(step, time, series, field)) WITHOUT ROWID;
CREATE TABLE spans(
  step INTEGER NOT NULL, time INTEGER NOT NULL, measurement TEXT NOT NULL, windows INTEGER NOT NULL,
  covered INTEGER NOT NULL, "end" INTEGER NOT NULL, longest INTEGER NOT NULL,
  PRIMARY KEY(step, time, measurement)) WITHOUT ROWID;
CREATE TABLE lists(
  id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE(measurement, tags));
CREATE TABLE ranked(series INTEGER PRIMARY KEY, list INTEGER NOT NULL);
CREATE TABLE tops(
  step INTEGER NOT NULL, time INTEGER NOT NULL, list INTEGER NOT NULL, item TEXT NOT NULL,
  low INTEGER NOT NULL, high INTEGER NOT NULL, PRIMARY KEY(step, time, list, item)) WITHOUT ROWID;
CREATE TABLE floors(
  step INTEGER NOT NULL, time INTEGER NOT NULL, list INTEGER NOT NULL, floor INTEGER NOT NULL,
  PRIMARY KEY(step, time, list)) WITHOUT ROWID;
CREATE TABLE stale(step INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY(step, time))
  WITHOUT ROWID;
)";

// The hours that have points, found one after the other: a walk over all points would take minutes.
constexpr const char* stale_hours_sql = R"(
WITH RECURSIVE hours(time) AS (
  SELECT min(time) / {0} * {0} FROM points
  UNION ALL
  SELECT (SELECT min(p.time) / {0} * {0} FROM points p WHERE p.time >= hours.time + {0})
  FROM hours WHERE hours.time IS NOT NULL),
parts(part) AS (SELECT 0 UNION ALL SELECT part + 1 FROM parts WHERE part < {0} / {1} - 1)
INSERT INTO stale SELECT {2}, hours.time + part * {1} FROM hours, parts
  WHERE hours.time IS NOT NULL;
)";

constexpr const char* stale_days_sql = R"(
INSERT OR IGNORE INTO stale
  SELECT {day_s}, time / {day} * {day} FROM stale WHERE step = {hour_s}
  UNION SELECT {day_s}, time / {day} * {day} FROM spans WHERE step = {hour_s};
)";

constexpr const char* stale_buckets_sql = R"(
SELECT time FROM stale s WHERE step = ?1 AND time <= ?2 AND NOT EXISTS
  (SELECT 1 FROM stale f WHERE f.step = ?4 AND f.time >= s.time AND f.time < s.time + ?5)
ORDER BY time DESC LIMIT ?3
)";

constexpr const char* from_points_sql = R"(
INSERT INTO rollups
  SELECT {step}, {start}, p.series, f.key, count(*), total(f.value),
    total(f.value * coalesce(p.fields ->> 'count', 1)), total(coalesce(p.fields ->> 'count', 1)),
    min(f.value), max(f.value)
  FROM points p, json_each(p.fields) f
  WHERE p.time >= {start} AND p.time < {end} AND f.type IN ('integer', 'real')
    AND p.series NOT IN (SELECT series FROM ranked)
  GROUP BY p.series, f.key;
INSERT INTO spans
  SELECT {step}, {start}, measurement, count(*), sum("end" - time), max("end"), max("end" - time)
  FROM (SELECT DISTINCT measurement, p.time, p."end" FROM points p JOIN series ON id = p.series
        WHERE p.time >= {start} AND p.time < {end})
  GROUP BY measurement;
)";

constexpr const char* from_finer_sql = R"(
INSERT INTO rollups
  SELECT {step}, {start}, series, field, sum(windows), total(sum), total(weighted), total(weight),
    min(low), max(high)
  FROM rollups WHERE step = {finer} AND time >= {start} AND time < {end} GROUP BY series, field;
INSERT INTO spans
  SELECT {step}, {start}, measurement, sum(windows), sum(covered), max("end"), max(longest)
  FROM spans WHERE step = {finer} AND time >= {start} AND time < {end} GROUP BY measurement;
)";

std::string deleted(std::int64_t step, const std::string& where) {
  std::string sql;
  for (const char* table : {"rollups", "spans", "tops", "floors", "stale"})
    sql += fmt::format("DELETE FROM {} WHERE step = {} AND time {};", table, step, where);
  return sql;
}

// The newest whose finer ones are all there.
Result<std::vector<TimeNs>> stale_buckets(SqliteDatabase& database, std::size_t level, TimeNs until,
                                          std::int64_t limit) {
  SqliteStatement statement = DNSTORM_TRY(database.prepare(stale_buckets_sql));
  statement.bind(1, rollup_steps_s[level]);
  statement.bind(2, until);
  statement.bind(3, limit);
  statement.bind(4, level == 0 ? 0 : rollup_steps_s[level - 1]);
  statement.bind(5, step_ns(level));
  std::vector<TimeNs> buckets;
  while (DNSTORM_TRY(statement.step())) buckets.push_back(statement.column_integer(0));
  return buckets;
}

Result<void> write_top(SqliteStatement& item, SqliteStatement& floor, std::int64_t list,
                       const TopList& top) {
  for (const TopItem& entry : top.items) {
    item.bind(1, list);
    item.bind(2, std::string_view(entry.item));
    item.bind(3, entry.low);
    item.bind(4, entry.high);
    DNSTORM_TRY(item.step());
  }
  floor.bind(1, list);
  floor.bind(2, top.floor);
  DNSTORM_TRY(floor.step());
  return {};
}

}  // namespace

Result<void> PointRollups::add_tables(SqliteDatabase& database) {
  DNSTORM_CHECK(database.run(tables_sql));
  DNSTORM_CHECK(database.run(list_series_sql));
  for (std::size_t level = 0; level <= hours; ++level)
    DNSTORM_CHECK(database.run(fmt::format(fmt::runtime(stale_hours_sql), step_ns(hours),
                                           step_ns(level), rollup_steps_s[level])));
  return {};
}

Result<void> PointRollups::add_days(SqliteDatabase& database) {
  return database.run(fmt::format(fmt::runtime(stale_days_sql), fmt::arg("day", step_ns(days)),
                                  fmt::arg("day_s", rollup_steps_s[days]),
                                  fmt::arg("hour_s", rollup_steps_s[hours])));
}

Result<void> PointRollups::prepare(SqliteDatabase& database) {
  mark_stale_ = DNSTORM_TRY(database.prepare("INSERT OR IGNORE INTO stale VALUES(?1, ?2)"));
  add_list_ =
      DNSTORM_TRY(database.prepare("INSERT OR IGNORE INTO lists(measurement, tags) SELECT ?1, "
                                   "json_remove(?2, '$.rank') WHERE ?2 ->> 'rank' IS NOT NULL"));
  add_ranked_ = DNSTORM_TRY(
      database.prepare("INSERT OR REPLACE INTO ranked SELECT ?3, id FROM lists WHERE measurement = "
                       "?1 AND tags = json_remove(?2, '$.rank') AND ?2 ->> 'rank' IS NOT NULL"));
  return {};
}

Result<void> PointRollups::touch(TimeNs time) {
  TimeNs minute = floor_to(time, step_ns(0));
  if (minute == touched_) return {};
  touched_ = minute;
  ++minutes_touched_;
  for (std::size_t level = 0; level < rollup_steps_s.size(); ++level) {
    mark_stale_.bind(1, rollup_steps_s[level]);
    mark_stale_.bind(2, floor_to(time, step_ns(level)));
    DNSTORM_TRY(mark_stale_.step());
  }
  return {};
}

Result<void> PointRollups::add_series(std::int64_t series, const std::string& measurement,
                                      const std::string& tags) {
  for (SqliteStatement* statement : {&add_list_, &add_ranked_}) {
    statement->bind(1, measurement);
    statement->bind(2, tags);
    if (statement == &add_ranked_) statement->bind(3, series);
    DNSTORM_TRY(statement->step());
  }
  return {};
}

Result<void> PointRollups::catch_up(SqliteDatabase& database, TimeNs newest) {
  std::int64_t limit = minutes_touched_ + past_per_write;
  minutes_touched_ = 0;
  touched_ = time_min;
  return catch_up(database, newest, newest - step_ns(0) - settling, limit);
}

Result<void> PointRollups::catch_up(SqliteDatabase& database, TimeNs newest, TimeNs until,
                                    std::int64_t limit) {
  for (std::size_t level = 0; level < rollup_steps_s.size(); ++level) {
    if (level > 0) until = newest - step_ns(level) - settling;
    for (TimeNs start : DNSTORM_TRY(stale_buckets(database, level, until, limit)))
      DNSTORM_CHECK(roll(database, level, start));
  }
  return {};
}

Result<void> PointRollups::roll(SqliteDatabase& database, std::size_t level, TimeNs start) {
  DNSTORM_CHECK(database.run(deleted(rollup_steps_s[level], fmt::format("= {}", start))));
  DNSTORM_CHECK(
      database.run(fmt::format(fmt::runtime(level == 0 ? from_points_sql : from_finer_sql),
                               fmt::arg("step", rollup_steps_s[level]),
                               fmt::arg("finer", level == 0 ? 0 : rollup_steps_s[level - 1]),
                               fmt::arg("start", start), fmt::arg("end", start + step_ns(level)))));
  return roll_tops(database, level, start);
}

Result<void> PointRollups::roll_tops(SqliteDatabase& database, std::size_t level, TimeNs start) {
  TopSums sums;
  TimeNs end = start + step_ns(level);
  if (level == 0)
    DNSTORM_CHECK(add_window_tops(database, start, end, sums));
  else
    DNSTORM_CHECK(add_rolled_tops(database, rollup_steps_s[level - 1], start, end, sums));
  if (sums.empty()) return {};
  SqliteStatement item = DNSTORM_TRY(database.prepare(fmt::format(
      "INSERT INTO tops VALUES({}, {}, ?1, ?2, ?3, ?4)", rollup_steps_s[level], start)));
  SqliteStatement floor = DNSTORM_TRY(database.prepare(
      fmt::format("INSERT INTO floors VALUES({}, {}, ?1, ?2)", rollup_steps_s[level], start)));
  ListPlaces places = DNSTORM_TRY(places_of_lists(database));
  for (const auto& [list, sum] : sums) {
    // Days are few, and months are summed up from them.
    std::size_t items =
        level == days ? rollup_items_max : std::min(2 * places[list], rollup_items_max);
    DNSTORM_CHECK(write_top(item, floor, list, sum.take(items)));
  }
  return {};
}

Result<void> PointRollups::expire(SqliteDatabase& database, const RollupExpiry& expiry) {
  // What goes is rolled up first, if it has not been.
  constexpr std::int64_t all = -1;  // SQLite's LIMIT
  DNSTORM_CHECK(catch_up(database, expiry.newest, expiry.points_before - 1, all));
  for (std::size_t level = 0; level < rollup_steps_s.size(); ++level) {
    TimeNs before = level == 0 ? expiry.minutes_before : expiry.before;
    if (before == time_min) continue;
    DNSTORM_CHECK(database.run(
        deleted(rollup_steps_s[level], fmt::format("< {}", floor_to(before, step_ns(level))))));
  }
  return {};
}

}  // namespace dnstorm::operators
