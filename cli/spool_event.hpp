// The packets of a security event: from the rows that the `json_lines` sink has written of it (by
// dnstorm's names of fields or by ECS'), the times and what must match.
//
//   {"time":...,"id":4711,"key_kind":"domain client","key":"example.com
//   192.0.2.1","start":...,"end":...}
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

struct SpoolEvent {
  TimeNs from = 0, to = 0;  // of the event's first row's start to its last row's end
  // Conditions of SpoolMatch: {"name", "example.com"}, {"client", "192.0.2.1"}. None of an event
  // that is about everything.
  std::vector<std::pair<std::string, std::string>> match;
};

// The conditions of SpoolMatch that an event's key stands for.
std::vector<std::pair<std::string, std::string>> event_conditions(const std::string& key_kind,
                                                                  const std::string& key);

// `id` may be empty where the file holds rows of one event only. Lines that are no event are passed
// over: others may stand in the same file. Errors: no_input, io, data, usage (which of the
// events?).
Result<SpoolEvent> read_spool_event(const std::string& path, const std::string& id);

}  // namespace dnstorm::cli
