#include "operators/sinks/line_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace dnstorm::operators {

namespace {

void append_escaped(std::string& out, std::string_view text, std::string_view special) {
  for (char c : text) {
    if (c == '\n' || c == '\r') {
      out += c == '\n' ? "\\n" : "\\r";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  if (!text.empty() && text.back() == '\\') out += "\\ ";
}

struct ValueWriter {
  std::string& out;
  void operator()(std::int64_t number) const {
    fmt::format_to(std::back_inserter(out), "{}i", number);
  }
  void operator()(double number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(const std::string& text) const { append_field_string(out, text); }
};

// The end of what begins at `at`: measurement and tags, or the name of a field. A backslash escapes
// commas, blanks and equals signs only.
std::size_t skip_name(std::string_view text, std::size_t at, std::string_view ends) {
  constexpr std::string_view escapable = ", =";
  for (; at < text.size() && ends.find(text[at]) == std::string_view::npos; ++at)
    if (text[at] == '\\' && at + 1 < text.size() &&
        escapable.find(text[at + 1]) != std::string_view::npos)
      ++at;
  return at;
}

// The end of a field's value: behind its closing quote, or at what delimits it.
std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '"')
    return std::min(text.find_first_of(", \n", at), text.size());
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

void append_measurement(std::string& out, std::string_view name) {
  append_escaped(out, name, ", ");
}

void append_tag_text(std::string& out, std::string_view text) { append_escaped(out, text, ", ="); }

void append_field_string(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_field_value(std::string& out, const PointValue& value) {
  std::visit(ValueWriter{out}, value);
}

bool append_line(std::string& out, const Point& point) {
  if (point.fields.empty()) return false;
  out += point.series;
  char delimiter = ' ';
  for (const PointField& field : point.fields) {
    out += delimiter;
    delimiter = ',';
    append_tag_text(out, field.name);
    out += '=';
    append_field_value(out, field.value);
  }
  fmt::format_to(std::back_inserter(out), " {}\n", point.time);
  return true;
}

std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts;
  for (std::size_t at = 0; at < text.size(); ++at) {
    starts.push_back(static_cast<std::uint32_t>(at));
    at = skip_name(text, at, " \n");
    while (at < text.size() && text[at] != '\n') {
      at = skip_name(text, at + 1, "=\n");
      if (at < text.size() && text[at] == '=') at = skip_value(text, at + 1);
      if (at < text.size() && text[at] == ' ') at = std::min(text.find('\n', at), text.size());
    }
  }
  return starts;
}

}  // namespace dnstorm::operators
