// The time that somebody asks for, and the buckets it is shown in. Pure.
#pragma once

#include <cstdint>

#include "engine/base/http_api.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

struct HistoryRange {
  TimeNs from = 0;
  TimeNs to = 0;
  DurationNs step = 0;  // `from` and `to` are multiples of it

  std::size_t buckets() const { return static_cast<std::size_t>((to - from) / step); }
  bool operator==(const HistoryRange&) const = default;
};

// What a request asks for: ?from=&to= in ms since 1970, or ?last= ms before `newest`; ?buckets=.
struct AskedRange {
  TimeNs from = 0;
  TimeNs to = 0;
  std::int64_t buckets = 0;
};
Result<AskedRange> asked_range(const ApiRequest& request, TimeNs newest);

// In steps that people read easily, of at least `step_min`, a multiple of it; no more than the
// buckets asked for, but for the two at the ends.
HistoryRange in_buckets(const AskedRange& asked, DurationNs step_min);

// The least multiple of `step` that is no shorter than `window`; one that windows fit into, if
// there is one that is not far longer.
DurationNs step_for_windows(DurationNs step, DurationNs window);

}  // namespace dnstorm::cli
