// iCalendar (RFC 5545), as much of it as a list of events needs: for calendars that subscribe to a
// file. Pure.
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct CalendarEvent {
  std::string uid = {};  // the same event again replaces the one before
  TimeNs start = 0, end = 0;
  std::string summary = {}, description = {};
};

// `made`: when, of all events (DTSTAMP). Lines are folded at 75 bytes and end with CR LF; times are
// UTC.
std::string calendar_text(const std::vector<CalendarEvent>& events, TimeNs made,
                          const std::string& product);

}  // namespace dnstorm::operators
