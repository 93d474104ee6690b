#include "operators/sinks/json_text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dnstorm::operators {

namespace {

struct ValueWriter {
  std::string& out;
  void operator()(std::int64_t number) const {
    fmt::format_to(std::back_inserter(out), "{}", number);
  }
  void operator()(double number) const { fmt::format_to(std::back_inserter(out), "{}", number); }
  void operator()(bool flag) const { out += flag ? "true" : "false"; }
  void operator()(const std::string& text) const { append_json_string(out, text); }
};

}  // namespace

std::size_t utf8_length(std::string_view text) {
  auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char first = at(0);
  std::size_t length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (length == 1) return 1;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  bool surrogate = first == 0xed && at(1) > 0x9f;
  bool beyond = first == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    char c = text.front();
    std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void append_json_tags(std::string& out, const Point& point) {
  char delimiter = '{';
  for (const PointTag& tag : point.tags) {
    out += delimiter;
    delimiter = ',';
    append_json_string(out, tag.name);
    out += ':';
    append_json_string(out, tag.value);
  }
  out += delimiter == '{' ? "{}" : "}";
}

void append_json_fields(std::string& out, const Point& point) {
  char delimiter = '{';
  for (const PointField& field : point.fields) {
    out += delimiter;
    delimiter = ',';
    append_json_string(out, field.name);
    out += ':';
    std::visit(ValueWriter{out}, field.value);
  }
  out += delimiter == '{' ? "{}" : "}";
}

}  // namespace dnstorm::operators
