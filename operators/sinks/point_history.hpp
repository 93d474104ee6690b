// Reads a file of the store while it is written: numbers and tops of a time, out of points or, of a
// long time, out of rollups (point_rollups.hpp). What is stale is read from what is finer, so that
// the answer is always that of the points.
//
// One snapshot: all answers are of the moment of open(). Belongs to one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/sqlite/sqlite.hpp"
#include "operators/sinks/window_tops.hpp"

namespace dnstorm::operators {

struct HistoryExtent {
  bool empty = true;
  TimeNs oldest = 0;
  TimeNs newest = 0;      // end of the newest window
  DurationNs window = 0;  // the shortest of the newest windows
};

struct HistorySeries {
  std::int64_t id = 0;
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;  // by name
};

// A top: its measurement and the tags beside `rank`.
struct HistoryList {
  std::int64_t id = 0;
  std::string measurement;
  std::vector<std::pair<std::string, std::string>> tags;
};

// Of the windows that begin in a bucket; a window for itself is one, too.
struct HistoryNumber {
  std::int64_t series = 0;
  TimeNs time = 0;
  std::string field;
  double sum = 0;
  double weighted = 0;  // the mean is weighted / weight
  double weight = 0;
  double low = 0;
  double high = 0;
};

// Which time the windows of a measurement are of.
struct HistorySpan {
  std::string measurement;
  TimeNs time = 0;
  DurationNs covered = 0;  // the lengths of the windows, added up
  TimeNs end = 0;          // of the last
  DurationNs longest = 0;
};

class PointHistory {
 public:
  static Result<PointHistory> open(const std::string& path, DurationNs busy_timeout);

  Result<HistoryExtent> extent();
  Result<std::vector<HistorySeries>> series();
  Result<std::vector<HistoryList>> lists();

  // Seconds of the rollups from which that time is best read; 0: from points.
  Result<std::int64_t> step_for(TimeNs from, TimeNs to);

  // The longest there are: of use where no buckets are wanted.
  Result<std::int64_t> longest_step();

  // Of [from, to), in no particular order, from rollups of step_s; where those do not fit in, from
  // what is finer.
  Result<void> spans(std::int64_t step_s, TimeNs from, TimeNs to,
                     const std::function<void(const HistorySpan&)>& use);
  Result<void> numbers(std::int64_t step_s, TimeNs from, TimeNs to,
                       const std::function<void(const HistoryNumber&)>& use);
  // By the id of the list.
  Result<TopSums> tops(std::int64_t step_s, TimeNs from, TimeNs to);

 private:
  // A time that is read from one table.
  struct Piece {
    std::int64_t step_s = 0;
    TimeNs from = 0;
    TimeNs to = 0;
  };
  Result<void> prepare();
  Result<void> add_pieces(std::size_t level, TimeNs from, TimeNs to, std::vector<Piece>& pieces);
  Result<std::vector<TimeNs>> stale(std::size_t level, TimeNs from, TimeNs to);
  Result<std::vector<Piece>> pieces(std::int64_t step_s, TimeNs from, TimeNs to);
  Result<TimeNs> oldest_at(std::size_t level);

  SqliteDatabase database_;
};

}  // namespace dnstorm::operators
