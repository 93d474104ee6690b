#include "operators/sinks/window_tops.hpp"

#include <algorithm>

namespace dnstorm::operators {

const char* const list_series_sql = R"(
INSERT INTO lists(measurement, tags)
  SELECT DISTINCT measurement, json_remove(tags, '$.rank') FROM series
  WHERE tags ->> 'rank' IS NOT NULL;
INSERT INTO ranked
  SELECT s.id, l.id FROM series s
  JOIN lists l ON l.measurement = s.measurement AND l.tags = json_remove(s.tags, '$.rank')
  WHERE s.tags ->> 'rank' IS NOT NULL;
)";

namespace {

void close_windows(std::map<std::int64_t, TopList>& open, const ListPlaces& places, TopSums& sums) {
  for (auto& [list, window] : open) {
    auto found = places.find(list);
    // A list with places to spare has all there was.
    if (found != places.end() && window.items.size() >= found->second) {
      window.floor = window.items.front().high;
      for (const TopItem& item : window.items) window.floor = std::min(window.floor, item.high);
    }
    sums[list].add(window);
  }
  open.clear();
}

void bind_range(SqliteStatement& statement, std::int64_t step_s, TimeNs start, TimeNs end) {
  statement.bind(1, step_s);
  statement.bind(2, start);
  statement.bind(3, end);
}

}  // namespace

Result<ListPlaces> places_of_lists(SqliteDatabase& database) {
  ListPlaces places;
  SqliteStatement statement =
      DNSTORM_TRY(database.prepare("SELECT list, count(*) FROM ranked GROUP BY list"));
  while (DNSTORM_TRY(statement.step()))
    places[statement.column_integer(0)] = static_cast<std::size_t>(statement.column_integer(1));
  return places;
}

Result<void> add_window_tops(SqliteDatabase& database, TimeNs start, TimeNs end, TopSums& sums) {
  ListPlaces places = DNSTORM_TRY(places_of_lists(database));
  if (places.empty()) return {};
  // CROSS JOIN: in the order of time.
  SqliteStatement statement = DNSTORM_TRY(database.prepare(
      "SELECT p.time, r.list, json_remove(p.fields, '$.count', '$.error'), p.fields ->> 'count', "
      "coalesce(p.fields ->> 'error', 0) FROM points p CROSS JOIN ranked r ON r.series = p.series "
      "WHERE p.time >= ?1 AND p.time < ?2 AND p.fields ->> 'count' IS NOT NULL"));
  statement.bind(1, start);
  statement.bind(2, end);
  std::map<std::int64_t, TopList> open;
  TimeNs time = time_min;
  while (DNSTORM_TRY(statement.step())) {
    if (statement.column_integer(0) != time) close_windows(open, places, sums);
    time = statement.column_integer(0);
    std::int64_t count = statement.column_integer(3);
    open[statement.column_integer(1)].items.push_back(
        {statement.column_text(2), count - statement.column_integer(4), count});
  }
  close_windows(open, places, sums);
  return {};
}

Result<void> add_rolled_tops(SqliteDatabase& database, std::int64_t step_s, TimeNs start,
                             TimeNs end, TopSums& sums) {
  std::map<std::pair<TimeNs, std::int64_t>, TopList> buckets;
  SqliteStatement floors = DNSTORM_TRY(database.prepare(
      "SELECT time, list, floor FROM floors WHERE step = ?1 AND time >= ?2 AND time < ?3 AND time "
      "NOT IN (SELECT time FROM stale WHERE step = ?1)"));
  bind_range(floors, step_s, start, end);
  while (DNSTORM_TRY(floors.step()))
    buckets[{floors.column_integer(0), floors.column_integer(1)}].floor = floors.column_integer(2);
  SqliteStatement items = DNSTORM_TRY(database.prepare(
      "SELECT time, list, item, low, high FROM tops WHERE step = ?1 AND time >= ?2 AND time < ?3"));
  bind_range(items, step_s, start, end);
  while (DNSTORM_TRY(items.step())) {
    auto bucket = buckets.find({items.column_integer(0), items.column_integer(1)});
    if (bucket == buckets.end()) continue;
    bucket->second.items.push_back(
        {items.column_text(2), items.column_integer(3), items.column_integer(4)});
  }
  for (const auto& [key, bucket] : buckets) sums[key.second].add(bucket);
  return {};
}

}  // namespace dnstorm::operators
