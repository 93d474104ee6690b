// What the board's page Capacity gets: the object of `dnstorm advise --json`, with the details of
// one server only, and what was seen of it beside what is expected. Pure.
#pragma once

#include <string>

#include "operators/season/advice.hpp"

namespace dnstorm::cli {

struct CapacityNews {
  const operators::Advice& advice;         // its question has a focus
  const operators::Pasts& pasts;           // counts a minute
  const operators::Pasts& response_times;  // us, as if they were counts
  int weeks_seen = 4;                      // of the past that is shown hour by hour
  std::string response_time = {};          // MEASUREMENT.FIELD; "": none is kept
  std::string command = {};                // that gives the same numbers
};

// Beside those of docs/capacity.md:
//   focus, command
//   known     [{server, hours, from, to}]: of every server, however little
//   wanting   what cannot be said yet, and from when on; "": nothing
//   seen      {weeks, load: [168 x null or [middle, peak, weeks]],
//             response_time: {name, us: [168 x null or [middle, peak, weeks]]}}
//   past      [{at, p99, hours}], the weeks that were
std::string capacity_json(const CapacityNews& news);

}  // namespace dnstorm::cli
