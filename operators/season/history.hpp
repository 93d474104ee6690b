// What is remembered of a server's past: a summary of each hour, for a bounded number of hours.
//
//   History history;
//   history.add(minute, count, drops);     // counts of the same minute are added up
//   history.close();                       // the last hour counts, too
//   history.at(hour).median
//
// The median of an hour's minutes does not see an attack of less than half an hour, nor a minute
// that is missing. A minute without a row is a hole and not a zero: a server that was not watched
// looks the same as one that was not asked. A value of 20 bytes an hour (one year: 172 KB); belongs
// to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>

#include "engine/api/state.hpp"
#include "operators/season/hours.hpp"

namespace dnstorm::operators {

struct HourSummary {
  // Of the counts of its minutes: half of them are at most the median, nineteen of twenty at most
  // `high`, all at most `peak`.
  float median = 0, high = 0, peak = 0;
  float drops = 0;            // messages lost, as far as it was said
  std::uint32_t minutes = 0;  // that there are counts of; 0: a hole
};

class History {
 public:
  static constexpr std::size_t hours_max_default = 53 * hours_per_week;
  explicit History(std::size_t hours_max = hours_max_default) : hours_max_(hours_max) {}

  // Minutes of an hour may come in any order; when a minute of a later hour comes, the hour is
  // closed. False: the minute belongs to a closed hour and is not counted.
  bool add(TimeNs minute, double count, double drops = 0);
  void close();

  bool empty() const { return hours_.empty(); }
  // Closed hours lie in [begin(), end()); of others there is nothing, as of a hole.
  Hour begin() const { return begin_; }
  Hour end() const { return begin_ + static_cast<Hour>(hours_.size()); }
  HourSummary at(Hour hour) const;
  // The closed hour with the most minutes known of both: for histories of several files.
  void merge(const History& other);

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  void append(Hour hour, const HourSummary& summary);

  std::size_t hours_max_;
  Hour begin_ = 0;
  std::deque<HourSummary> hours_;
  // The hour that is being filled; a count below zero: none.
  Hour open_hour_ = 0;
  std::uint32_t open_minutes_ = 0;
  double open_drops_ = 0;
  std::array<double, 60> open_ = filled();

  static std::array<double, 60> filled() {
    std::array<double, 60> none;
    none.fill(-1);
    return none;
  }
};

}  // namespace dnstorm::operators
