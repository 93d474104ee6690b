// Tops in a file of the store, read and summed up by list: of windows as they were written, or of
// their rollups.
#pragma once

#include <map>
#include <unordered_map>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/top_sum.hpp"

namespace dnstorm::operators {

// By the id of the list. An item is a JSON object: the fields beside `count` and `error`.
using TopSums = std::map<std::int64_t, TopSum>;

// How many places each list has: as many as were ever taken.
using ListPlaces = std::unordered_map<std::int64_t, std::size_t>;
Result<ListPlaces> places_of_lists(SqliteDatabase& database);

// Fills `lists` and `ranked` (point_rollups.hpp) from the series that there are.
extern const char* const list_series_sql;

// Of the time [start, end).
Result<void> add_window_tops(SqliteDatabase& database, TimeNs start, TimeNs end, TopSums& sums);
// Of the buckets of `step_s` that begin in it; not of those that are stale.
Result<void> add_rolled_tops(SqliteDatabase& database, std::int64_t step_s, TimeNs start,
                             TimeNs end, TopSums& sums);

}  // namespace dnstorm::operators
