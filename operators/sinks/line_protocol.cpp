#include "operators/sinks/line_protocol.hpp"

#include <fmt/format.h>

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

}  // namespace dnstorm::operators
