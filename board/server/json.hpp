// Writes JSON into a string, piece by piece and without a tree: the board serialises a delta ten
// times a second and throws it away. Every string is taken for hostile (names come from packets):
// bytes that are not UTF-8 become U+FFFD, control characters are escaped, so a text is always one
// valid line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dnstorm::board {

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool yes);
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(std::int64_t number);
  // Whole numbers below 2^53 without a fraction; what JSON cannot say (NaN, infinity) as null.
  JsonWriter& value(double number);
  JsonWriter& null();

  template <class Value>
  JsonWriter& member(std::string_view name, Value v) {
    return key(name).value(v);
  }

  // A text that is JSON already, as a value.
  JsonWriter& raw(std::string_view json);

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string text_;
  bool comma_ = false;
};

}  // namespace dnstorm::board
