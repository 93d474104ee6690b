#include "operators/season/calendar.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t line_bytes_max = 75;

// Text values: section 3.3.11.
std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == ';' || c == ',') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out;
}

// Section 3.1: a line that is too long goes on behind a line end and a blank. Never within a
// character of UTF-8.
void append_line(std::string& out, const std::string& line) {
  std::size_t used = 0;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t size = 1;
    while (at + size < line.size() && (static_cast<unsigned char>(line[at + size]) & 0xC0) == 0x80)
      ++size;
    if (used + size > line_bytes_max) {
      out += "\r\n ";
      used = 1;
    }
    out.append(line, at, size);
    used += size;
    at += size;
  }
  out += "\r\n";
}

// 20261121T191917Z.
std::string stamp(TimeNs time) {
  std::string text = format_time(time), out;
  for (char c : text.substr(0, 19))
    if (c != '-' && c != ':') out += c;
  return out + 'Z';
}

}  // namespace

std::string calendar_text(const std::vector<CalendarEvent>& events, TimeNs made,
                          const std::string& product) {
  std::string out;
  append_line(out, "BEGIN:VCALENDAR");
  append_line(out, "VERSION:2.0");
  append_line(out, "PRODID:" + escaped(product));
  append_line(out, "CALSCALE:GREGORIAN");
  for (const CalendarEvent& event : events) {
    append_line(out, "BEGIN:VEVENT");
    append_line(out, "UID:" + escaped(event.uid));
    append_line(out, "DTSTAMP:" + stamp(made));
    append_line(out, "DTSTART:" + stamp(event.start));
    append_line(out, "DTEND:" + stamp(event.end));
    append_line(out, "SUMMARY:" + escaped(event.summary));
    if (!event.description.empty()) append_line(out, "DESCRIPTION:" + escaped(event.description));
    append_line(out, "TRANSP:TRANSPARENT");
    append_line(out, "END:VEVENT");
  }
  append_line(out, "END:VCALENDAR");
  return out;
}

}  // namespace dnstorm::operators
