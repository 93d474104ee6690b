#include "operators/sinks/point_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "operators/sinks/point_rollups.hpp"
#include "operators/sinks/point_store.hpp"

namespace dnstorm::operators {

namespace {

// Windows, or buckets, of a series that are read at once: 90 days by the hour.
constexpr std::int64_t windows_read_max = 3600;
constexpr std::int64_t buckets_read_max = 2200;
// Numbers of one answer: some seconds of work.
constexpr std::size_t numbers_max = 4'000'000;

// Level 0: points; behind it the rollups.
constexpr std::size_t levels = rollup_steps_s.size() + 1;

constexpr DurationNs step_ns(std::size_t level) {
  return level == 0 ? 0 : rollup_steps_s[level - 1] * ns_per_s;
}

// What a file of schema 1 does not have. Everything in it is stale, as it were.
constexpr const char* missing_tables_sql = R"(
CREATE TEMP TABLE lists(id INTEGER PRIMARY KEY, measurement TEXT, tags TEXT);
CREATE TEMP TABLE ranked(series INTEGER PRIMARY KEY, list INTEGER);
CREATE TEMP TABLE spans(step, time, measurement, covered, "end", longest);
CREATE TEMP TABLE stale(step, time);
)";

constexpr const char* spans_of_points_sql =
    "SELECT DISTINCT measurement, p.time, p.\"end\" - p.time, p.\"end\", p.\"end\" - p.time "
    "FROM points p JOIN series ON id = p.series WHERE p.time >= ?1 AND p.time < ?2";
constexpr const char* spans_of_rollups_sql =
    "SELECT measurement, time, covered, \"end\", longest FROM spans "
    "WHERE time >= ?1 AND time < ?2 AND step = ?3";
constexpr const char* numbers_of_points_sql =
    "SELECT p.series, p.time, f.key, f.value, f.value * coalesce(p.fields ->> 'count', 1), "
    "coalesce(p.fields ->> 'count', 1), f.value, f.value FROM points p, json_each(p.fields) f "
    "WHERE p.time >= ?1 AND p.time < ?2 AND f.type IN ('integer', 'real') "
    "AND p.series NOT IN (SELECT series FROM ranked)";
constexpr const char* numbers_of_rollups_sql =
    "SELECT series, time, field, sum, weighted, weight, low, high FROM rollups "
    "WHERE time >= ?1 AND time < ?2 AND step = ?3";

Error too_many() {
  return {ErrorKind::usage,
          fmt::format("this time has more than {} numbers: choose a shorter one", numbers_max), ""};
}

// Rows of tags, (id, measurement, name, value) ordered by id, as values.
template <class Item>
Result<std::vector<Item>> with_tags(SqliteDatabase& database, const std::string& sql) {
  std::vector<Item> items;
  SqliteStatement statement = DNSTORM_TRY(database.prepare(sql));
  while (DNSTORM_TRY(statement.step())) {
    std::int64_t id = statement.column_integer(0);
    if (items.empty() || items.back().id != id) items.push_back({id, statement.column_text(1), {}});
    std::string name = statement.column_text(2);
    if (!name.empty()) items.back().tags.emplace_back(std::move(name), statement.column_text(3));
  }
  return items;
}

void bind_piece(SqliteStatement& statement, std::int64_t step_s, TimeNs from, TimeNs to) {
  statement.bind(1, from);
  statement.bind(2, to);
  if (step_s != 0) statement.bind(3, step_s);
}

std::size_t level_of(std::int64_t step_s) {
  for (std::size_t level = 1; level < levels; ++level)
    if (rollup_steps_s[level - 1] == step_s) return level;
  return 0;
}

}  // namespace

Result<PointHistory> PointHistory::open(const std::string& path, DurationNs busy_timeout) {
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: there is no such file yet: it comes with the first window", path),
                 "file"};
  PointHistory history;
  auto database = SqliteDatabase::open_for_reading(path, busy_timeout);
  if (!database.ok()) return std::move(database.error()).within(path);
  history.database_ = std::move(database).value();
  auto done = history.prepare();
  if (!done.ok()) return std::move(done.error()).within(path);
  return history;
}

Result<void> PointHistory::prepare() {
  DNSTORM_CHECK(database_.run("PRAGMA temp_store = MEMORY; BEGIN"));
  std::int64_t version = DNSTORM_TRY(database_.integer("PRAGMA user_version"));
  if (version < 1 || version > store_schema_version)
    return Error{ErrorKind::data, "is no file of the sink `store` of this version", "file"};
  if (version > 1) return {};
  DNSTORM_CHECK(database_.run(missing_tables_sql));
  return database_.run(list_series_sql);
}

Result<HistoryExtent> PointHistory::extent() {
  HistoryExtent extent;
  SqliteStatement newest = DNSTORM_TRY(database_.prepare(
      "SELECT max(\"end\"), min(CASE WHEN \"end\" > time THEN \"end\" - time END), count(*) FROM "
      "(SELECT time, \"end\" FROM points ORDER BY time DESC LIMIT 1000)"));
  DNSTORM_TRY(newest.step());
  if (newest.column_integer(2) == 0) return extent;
  extent.empty = false;
  extent.newest = newest.column_integer(0);
  extent.window = std::max(newest.column_integer(1), ns_per_ms);
  extent.oldest = time_max;
  for (std::size_t level = 0; level < levels; ++level)
    extent.oldest = std::min(extent.oldest, DNSTORM_TRY(oldest_at(level)));
  return extent;
}

Result<std::vector<HistorySeries>> PointHistory::series() {
  return with_tags<HistorySeries>(
      database_,
      "SELECT s.id, s.measurement, t.key, t.value FROM series s LEFT JOIN json_each(s.tags) t "
      "WHERE s.id NOT IN (SELECT series FROM ranked) ORDER BY s.id, t.key");
}

Result<std::vector<HistoryList>> PointHistory::lists() {
  return with_tags<HistoryList>(database_,
                                "SELECT l.id, l.measurement, t.key, t.value FROM lists l LEFT JOIN "
                                "json_each(l.tags) t ORDER BY l.id, t.key");
}

Result<TimeNs> PointHistory::oldest_at(std::size_t level) {
  std::string sql = "SELECT ifnull(min(time), 9223372036854775807) FROM ";
  if (level == 0) return database_.integer(sql + "points");
  return database_.integer(fmt::format("{}spans WHERE step = {}", sql, rollup_steps_s[level - 1]));
}

Result<std::int64_t> PointHistory::step_for(TimeNs from, TimeNs to) {
  HistoryExtent all = DNSTORM_TRY(extent());
  if (all.empty) return 0;
  DurationNs length = std::min(to, all.newest) - std::max(from, all.oldest);
  std::size_t level = 0;
  if (length / all.window > windows_read_max)
    for (level = 1; level + 1 < levels && length / step_ns(level) > buckets_read_max;) ++level;
  // What is finer may be gone already.
  for (; level + 1 < levels; ++level) {
    TimeNs here = DNSTORM_TRY(oldest_at(level));
    TimeNs coarser = DNSTORM_TRY(oldest_at(level + 1));
    if (coarser == time_max || std::max(coarser + step_ns(level + 1), from) >= here) break;
  }
  // Nothing has been rolled up yet, or never is.
  while (level > 0 && DNSTORM_TRY(oldest_at(level)) == time_max) --level;
  return level == 0 ? 0 : rollup_steps_s[level - 1];
}

Result<std::int64_t> PointHistory::longest_step() {
  for (std::size_t level = levels - 1; level > 0; --level)
    if (DNSTORM_TRY(oldest_at(level)) != time_max) return rollup_steps_s[level - 1];
  return 0;
}

Result<void> PointHistory::add_pieces(std::size_t level, TimeNs from, TimeNs to,
                                      std::vector<Piece>& pieces) {
  if (from >= to) return {};
  if (level == 0) {
    if (!pieces.empty() && pieces.back().step_s == 0 && pieces.back().to == from)
      pieces.back().to = to;
    else
      pieces.push_back({0, from, to});
    return {};
  }
  DurationNs step = step_ns(level);
  TimeNs first = (from + step - 1) / step * step;
  TimeNs last = to / step * step;
  if (first >= last) return add_pieces(level - 1, from, to, pieces);
  DNSTORM_CHECK(add_pieces(level - 1, from, first, pieces));
  TimeNs begin = first;
  for (TimeNs bucket : DNSTORM_TRY(stale(level, first, last))) {
    if (begin < bucket) pieces.push_back({rollup_steps_s[level - 1], begin, bucket});
    begin = bucket + step;
    DNSTORM_CHECK(add_pieces(level - 1, bucket, begin, pieces));
  }
  if (begin < last) pieces.push_back({rollup_steps_s[level - 1], begin, last});
  return add_pieces(level - 1, last, to, pieces);
}

Result<std::vector<TimeNs>> PointHistory::stale(std::size_t level, TimeNs from, TimeNs to) {
  std::vector<TimeNs> buckets;
  SqliteStatement statement = DNSTORM_TRY(database_.prepare(
      "SELECT time FROM stale WHERE time >= ?1 AND time < ?2 AND step = ?3 ORDER BY time"));
  bind_piece(statement, rollup_steps_s[level - 1], from, to);
  while (DNSTORM_TRY(statement.step())) buckets.push_back(statement.column_integer(0));
  return buckets;
}

Result<std::vector<PointHistory::Piece>> PointHistory::pieces(std::int64_t step_s, TimeNs from,
                                                              TimeNs to) {
  std::vector<Piece> pieces;
  DNSTORM_CHECK(add_pieces(level_of(step_s), from, to, pieces));
  return pieces;
}

Result<void> PointHistory::spans(std::int64_t step_s, TimeNs from, TimeNs to,
                                 const std::function<void(const HistorySpan&)>& use) {
  for (const Piece& piece : DNSTORM_TRY(pieces(step_s, from, to))) {
    SqliteStatement statement = DNSTORM_TRY(
        database_.prepare(piece.step_s == 0 ? spans_of_points_sql : spans_of_rollups_sql));
    bind_piece(statement, piece.step_s, piece.from, piece.to);
    while (DNSTORM_TRY(statement.step()))
      use({statement.column_text(0), statement.column_integer(1), statement.column_integer(2),
           statement.column_integer(3), statement.column_integer(4)});
  }
  return {};
}

Result<void> PointHistory::numbers(std::int64_t step_s, TimeNs from, TimeNs to,
                                   const std::function<void(const HistoryNumber&)>& use) {
  std::size_t count = 0;
  for (const Piece& piece : DNSTORM_TRY(pieces(step_s, from, to))) {
    SqliteStatement statement = DNSTORM_TRY(
        database_.prepare(piece.step_s == 0 ? numbers_of_points_sql : numbers_of_rollups_sql));
    bind_piece(statement, piece.step_s, piece.from, piece.to);
    while (DNSTORM_TRY(statement.step())) {
      if (++count > numbers_max) return too_many();
      use({statement.column_integer(0), statement.column_integer(1), statement.column_text(2),
           statement.column_real(3), statement.column_real(4), statement.column_real(5),
           statement.column_real(6), statement.column_real(7)});
    }
  }
  return {};
}

Result<TopSums> PointHistory::tops(std::int64_t step_s, TimeNs from, TimeNs to) {
  TopSums sums;
  for (const Piece& piece : DNSTORM_TRY(pieces(step_s, from, to)))
    DNSTORM_CHECK(piece.step_s == 0
                      ? add_window_tops(database_, piece.from, piece.to, sums)
                      : add_rolled_tops(database_, piece.step_s, piece.from, piece.to, sums));
  return sums;
}

}  // namespace dnstorm::operators
