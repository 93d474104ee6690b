// Rows as the texts that a sink makes of them, until event time has passed their window: then they
// are handed out in one order, by end and begin of the window and by text, so that what a sink
// gives does not depend on how the work before it was divided. Belongs to one task.
//
//   declare():    declaration.reads = row_reads(options.list("fields"), inputs)
//   execute():    order.add(times[in.input].of(row), text)
//   watermark():  for (OrderedRow& row : order.take(now)) ...
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/registry.hpp"
#include "engine/api/state.hpp"

namespace dnstorm::operators {

struct RowSpan {
  TimeNs begin = 0;
  TimeNs end = 0;  // event time that has reached it has passed the row
};

struct OrderedRow {
  RowSpan span;
  std::string text;
  std::string key = {};  // what else the sink wants to know then
};

// The times of the rows of one input, which have some (row_reads).
class RowTimes {
 public:
  explicit RowTimes(const Schema& schema);
  // A row without a window is passed when event time is beyond it, not when it is reached.
  RowSpan of(const RowView& row) const {
    RowSpan span{row.get(begin_), row.get(end_)};
    if (span.end <= span.begin) span.end = span.begin == time_max ? time_max : span.begin + 1;
    return span;
  }

 private:
  FieldRef<std::int64_t> begin_;
  FieldRef<std::int64_t> end_;
};

class RowOrder {
 public:
  // The row's text is to be appended to what is returned.
  OrderedRow& add(const RowSpan& span) {
    return by_end_[span.end].emplace_back(OrderedRow{span, {}});
  }
  // The rows that `now` has passed.
  std::vector<OrderedRow> take(TimeNs now);
  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  std::map<TimeNs, std::vector<OrderedRow>> by_end_;
};

// What a sink of rows writes of an input: `wanted`, or all fields if that is empty.
Result<std::vector<std::string>> row_fields(const InputDecl& input,
                                            const std::vector<std::string>& wanted);
// What it reads: those, and the times by which it knows when a row's window is closed. Refuses an
// input without a time and fields that are not there.
Result<std::vector<std::vector<std::string>>> row_reads(const std::vector<std::string>& wanted,
                                                        const std::vector<InputDecl>& inputs);

}  // namespace dnstorm::operators
