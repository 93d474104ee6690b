// The minutes of a file of the `store` sink.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "cli/minute_history.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/point_store.hpp"

namespace dnstorm::cli {

namespace {

using operators::MinuteRow;
using operators::MinuteRows;

Error no_measurement(SqliteDatabase& store, const std::string& wanted) {
  std::string known;
  auto statement = store.prepare("SELECT DISTINCT measurement FROM series ORDER BY 1");
  while (statement.ok()) {
    auto row = statement->step();
    if (!row.ok() || !*row) break;
    known += (known.empty() ? "" : ", ") + statement->column_text(0);
  }
  return {ErrorKind::no_input,
          fmt::format("has no points '{}'; it has: {}. Name some with --measurement", wanted,
                      known.empty() ? "none" : known),
          "measurement"};
}

// Minutes as numbers 4, of how long windows 2, the server 1, the value 3.
Result<SqliteStatement> prepare(SqliteDatabase& store, const PointNames& names,
                                const char* aggregate) {
  std::string where;
  for (std::size_t i = 0; i < names.where.size(); ++i)
    where += fmt::format(" AND tags ->> ?{} = ?{}", 5 + 2 * i, 6 + 2 * i);
  return store.prepare(
      fmt::format("SELECT time / {0} AS minute, coalesce(tags ->> ?4, 'all') AS name,"
                  " max(\"end\" - time), CAST({1}(fields ->> ?3) AS TEXT)"
                  " FROM points JOIN series ON id = series"
                  " WHERE measurement = ?1 AND time >= ?2{2}"
                  " GROUP BY minute, name HAVING count(fields ->> ?3) > 0",
                  operators::ns_per_minute, aggregate, where));
}

// use(server, start, length, value) for each minute.
template <class Use>
Result<std::size_t> each_minute(SqliteDatabase& store, const PointNames& names, TimeNs since,
                                const std::string& measurement, const std::string& field,
                                const char* aggregate, Use&& use) {
  SqliteStatement statement = DNSTORM_TRY(prepare(store, names, aggregate));
  statement.bind(1, measurement);
  statement.bind(2, since);
  statement.bind(3, field);
  statement.bind(4, names.server);
  int parameter = 5;
  for (const auto& [tag, value] : names.where) {
    statement.bind(parameter++, tag);
    statement.bind(parameter++, value);
  }
  std::size_t minutes = 0;
  while (DNSTORM_TRY(statement.step())) {
    use(statement.column_text(1), statement.column_integer(0) * operators::ns_per_minute,
        statement.column_integer(2), std::strtod(statement.column_text(3).c_str(), nullptr));
    ++minutes;
  }
  return minutes;
}

std::pair<std::string, std::string> parted(const std::string& name) {
  std::size_t dot = name.rfind('.');
  if (dot == std::string::npos) return {name, "p50"};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

Result<void> read_all(SqliteDatabase& store, const PointNames& names, TimeNs since,
                      MinuteRows& rows) {
  auto count = [&](const std::string& server, TimeNs start, DurationNs length, double value) {
    add_window(rows, server, start, length, {.count = value});
  };
  std::size_t minutes =
      DNSTORM_TRY(each_minute(store, names, since, names.measurement, names.field, "sum", count));
  if (minutes == 0) return no_measurement(store, names.measurement);
  if (!names.latency.empty()) {
    auto [measurement, field] = parted(names.latency);
    auto add = [&](const std::string& server, TimeNs start, DurationNs, double value) {
      rows.add(server, start, {.latency_us = value});
    };
    DNSTORM_CHECK(each_minute(store, names, since, measurement, field, "avg", add));
  }
  if (!names.drops.empty()) {
    auto [measurement, field] = parted(names.drops);
    auto add = [&](const std::string& server, TimeNs start, DurationNs length, double value) {
      add_window(rows, server, start, length, {.drops = value});
    };
    DNSTORM_CHECK(each_minute(store, names, since, measurement, field, "sum", add));
  }
  return {};
}

// The store, if it is one.
Result<SqliteDatabase> open_store(const std::string& path) {
  // SQLite makes a file where there is none.
  std::error_code failed;
  if (!std::filesystem::exists(path, failed))
    return Error{ErrorKind::no_input, "there is no such file", ""};
  auto store = DNSTORM_TRY(SqliteDatabase::open(path, 5 * ns_per_s));
  const std::int64_t version = DNSTORM_TRY(store.integer("PRAGMA user_version"));
  if (version < 1 || version > operators::store_schema_version)
    return Error{ErrorKind::data, "is no file of the sink `store` of this version", "file"};
  return store;
}

}  // namespace

void add_window(MinuteRows& rows, const std::string& server, TimeNs start, DurationNs length,
                const MinuteRow& row) {
  std::int64_t minutes = std::max<std::int64_t>(1, length / operators::ns_per_minute);
  // Of a day at most: what is counted over a longer time says nothing of minutes.
  minutes = std::min<std::int64_t>(minutes, 24 * 60);
  auto part = 1 / static_cast<double>(minutes);
  for (std::int64_t i = 0; i < minutes; ++i)
    rows.add(server, start + i * operators::ns_per_minute,
             {.count = row.count * part, .latency_us = row.latency_us, .drops = row.drops * part});
}

Result<void> read_store(const std::string& path, const PointNames& names, TimeNs since,
                        MinuteRows& rows) {
  auto store = open_store(path);
  if (!store.ok()) return std::move(store.error()).within(path);
  auto done = read_all(*store, names, since, rows);
  if (!done.ok()) return std::move(done.error()).within(path);
  return {};
}

Result<void> read_store_values(const std::string& path, const PointNames& names,
                               const std::string& values, MinuteRows& rows) {
  auto store = open_store(path);
  if (!store.ok()) return std::move(store.error()).within(path);
  auto [measurement, field] = parted(values);
  auto add = [&](const std::string& server, TimeNs start, DurationNs, double value) {
    rows.add(server, start, {.count = value});
  };
  auto done = each_minute(*store, names, time_min, measurement, field, "max", add);
  if (!done.ok()) return std::move(done.error()).within(path);
  return {};
}

}  // namespace dnstorm::cli
