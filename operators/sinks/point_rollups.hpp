// What the points of a store come to in each minute, ten minutes, hour and day, so that months can
// be read at once. Tables beside the points (schema 2; days since schema 3):
//
//   rollups(step, time, series, field, windows, sum, weighted, weight, low, high)
//                                   of each number: how many, their sum, extremes, and the sum
//                                   weighted by the `count` that stands beside it (1: none does)
//   spans(step, time, measurement, windows, covered, "end", longest)     ns: which time they are of
//   lists(id, measurement, tags)  ranked(series, list)                   tops: series with a `rank`
//   tops(step, time, list, item, low, high)  floors(step, time, list, floor)      top_sum.hpp
//   stale(step, time)               buckets that do not have all points yet: read what is finer
//
// step: seconds; time: ns, a multiple of it. Always right: in the transaction that writes a point
// its buckets become stale, and are made anew from what is finer when their time is over. So points
// that come late or again count once. Belongs to one thread, and to the PointStore that has the
// database.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/sqlite/sqlite.hpp"

namespace dnstorm::operators {

inline constexpr std::array<std::int64_t, 4> rollup_steps_s = {60, 600, 3600, 86400};
// Items that a top keeps of a day; of shorter buckets twice as many as it has places, no more than
inline constexpr std::size_t rollup_items_max = 200;

// Before when what goes. Minutes go sooner than the rest; a bucket goes when all its time is over.
struct RollupExpiry {
  TimeNs newest = 0;
  TimeNs points_before = 0;
  TimeNs minutes_before = 0;
  TimeNs before = 0;
};

class PointRollups {
 public:
  // Makes the tables in a file of schema 1; what it holds is then rolled up little by little.
  static Result<void> add_tables(SqliteDatabase& database);
  // The same of days, in a file of schema 2.
  static Result<void> add_days(SqliteDatabase& database);

  Result<void> prepare(SqliteDatabase& database);

  // All that follows within a transaction of the caller.

  // A point of that time is written.
  Result<void> touch(TimeNs time);
  Result<void> add_series(std::int64_t series, const std::string& measurement,
                          const std::string& tags);
  // Makes buckets anew whose time is over: as many as were touched, and some more of the past.
  Result<void> catch_up(SqliteDatabase& database, TimeNs newest);
  // A transaction was taken back.
  void forget() { touched_ = time_min; }
  // Before the points go.
  Result<void> expire(SqliteDatabase& database, const RollupExpiry& expiry);

 private:
  Result<void> catch_up(SqliteDatabase& database, TimeNs newest, TimeNs until, std::int64_t limit);
  Result<void> roll(SqliteDatabase& database, std::size_t level, TimeNs start);
  Result<void> roll_tops(SqliteDatabase& database, std::size_t level, TimeNs start);

  SqliteStatement mark_stale_;
  SqliteStatement add_list_;
  SqliteStatement add_ranked_;
  TimeNs touched_ = time_min;  // the minute that was marked last
  std::int64_t minutes_touched_ = 0;
};

}  // namespace dnstorm::operators
