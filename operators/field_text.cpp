#include "operators/field_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace dnstorm::operators {

namespace {

constexpr std::string_view blanks = " \t\r\n";

constexpr std::pair<std::string_view, Type> types[] = {
    {"str", Type::str}, {"bool", Type::boolean}, {"u8", Type::u8},   {"u16", Type::u16},
    {"u32", Type::u32}, {"u64", Type::u64},      {"i64", Type::i64}, {"f64", Type::f64},
    {"ip", Type::ip},   {"time", Type::time},
};
constexpr std::pair<std::string_view, Role> roles[] = {
    {"time", Role::time},   {"window_end", Role::window_end}, {"key", Role::key},
    {"value", Role::value}, {"plain", Role::plain},
};

template <class Table>
auto find_in(const Table& table, std::string_view name) {
  return std::find_if(std::begin(table), std::end(table),
                      [&](const auto& entry) { return entry.first == name; });
}

template <class Table>
std::string names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.first);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<std::string> split_parts(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    std::size_t end = std::min(text.find(separator, from), text.size());
    parts.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return parts;
}

Error refuse_option(const std::string& option, std::string what) {
  return {ErrorKind::config, fmt::format("option '{}': {}", option, what), option};
}

Result<Field> parse_field(const std::string& text, const std::string& option) {
  std::vector<std::string> parts = split_parts(text, ':');
  if (!is_word(parts[0]) || parts.size() > 3)
    return refuse_option(
        option, fmt::format("a field is NAME, NAME:TYPE or NAME:TYPE:ROLE, not '{}'", text));
  Field field{.name = parts[0], .type = Type::str};
  if (parts.size() > 1) {
    auto type = find_in(types, parts[1]);
    if (type == std::end(types))
      return refuse_option(option, fmt::format("'{}' is no type of field '{}'; types are {}",
                                               parts[1], parts[0], names_of(types)));
    field.type = type->second;
  }
  if (field.type == Type::time) field.role = Role::time;
  if (parts.size() > 2) {
    auto role = find_in(roles, parts[2]);
    if (role == std::end(roles))
      return refuse_option(option, fmt::format("'{}' is no role of field '{}'; roles are {}",
                                               parts[2], parts[0], names_of(roles)));
    field.role = role->second;
  }
  field.unbounded = field.type == Type::str || field.type == Type::ip;
  return field;
}

std::optional<std::pair<std::string, std::string>> parse_assignment(std::string_view text) {
  std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string left(without_blanks(text.substr(0, equals)));
  std::string right(without_blanks(text.substr(equals + 1)));
  if (left.empty() || right.empty()) return std::nullopt;
  return std::pair(std::move(left), std::move(right));
}

std::string_view without_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string one_line(std::string_view text) {
  constexpr std::size_t shown_max = 200;
  std::string line(text.substr(0, shown_max));
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  return text.size() > shown_max ? line + "..." : line;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.find_first_of(blanks) == std::string_view::npos;
}

}  // namespace dnstorm::operators
