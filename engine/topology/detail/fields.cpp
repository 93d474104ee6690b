#include "engine/topology/detail/fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace dnstorm::topology::detail {

namespace {
bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}
}  // namespace

Fields::Fields(const Node& node, std::string what, Problems& problems)
    : node_(node), what_(std::move(what)), problems_(problems) {
  if (node.kind != Node::Kind::map)
    problems_.add(node.place,
                  fmt::format("{} is a map of 'key: value', not {}", what_, kind_name(node)));
}

const Entry* Fields::find(std::string_view key) {
  if (!contains(asked_, std::string(key))) asked_.emplace_back(key);
  for (const Entry& entry : node_.entries)
    if (entry.key == key) return &entry;
  return nullptr;
}

const Entry* Fields::require(std::string_view key) {
  const Entry* entry = find(key);
  // Of a node that is not a map this has been said already.
  if (entry == nullptr && node_.kind == Node::Kind::map)
    problems_.add(node_.place, fmt::format("{} has no '{}'", what_, key));
  return entry;
}

const Node* Fields::scalar(std::string_view key) {
  const Entry* entry = find(key);
  if (entry == nullptr) return nullptr;
  if (entry->value->kind == Node::Kind::scalar) return entry->value;
  problems_.add(entry->place, fmt::format("'{}' of {} is a single value, not {}", key, what_,
                                          kind_name(*entry->value)));
  return nullptr;
}

const Node* Fields::require_scalar(std::string_view key) {
  return require(key) == nullptr ? nullptr : scalar(key);
}

std::optional<std::uint32_t> Fields::number(std::string_view key, std::uint32_t min,
                                            std::uint32_t max) {
  const Node* node = scalar(key);
  if (node == nullptr) return std::nullopt;
  std::uint32_t number = 0;
  const char* end = node->text.data() + node->text.size();
  auto [rest, problem] = std::from_chars(node->text.data(), end, number);
  if (problem == std::errc() && rest == end && number >= min && number <= max) return number;
  problems_.add(node->place, fmt::format("'{}' of {} is a whole number between {} and {}, not '{}'",
                                         key, what_, min, max, shown(node->text)));
  return std::nullopt;
}

bool Fields::flag(std::string_view key, bool otherwise) {
  const Node* node = scalar(key);
  if (node == nullptr) return otherwise;
  if (node->text != "true" && node->text != "false")
    problems_.add(node->place, fmt::format("'{}' of {} is true or false, not '{}'", key, what_,
                                           shown(node->text)));
  return node->text == "true";
}

bool Fields::amount(std::string_view key) {
  const Node* node = scalar(key);
  if (node == nullptr) return false;
  double amount = 0;
  const char* end = node->text.data() + node->text.size();
  auto [rest, problem] = std::from_chars(node->text.data(), end, amount);
  if (problem == std::errc() && rest == end && amount >= 0 && std::isfinite(amount)) return true;
  problems_.add(node->place, fmt::format("'{}' of {} is a number from 0, not '{}'", key, what_,
                                         shown(node->text)));
  return false;
}

void Fields::refuse(std::string_view key, std::string_view why) {
  refused_.emplace_back(key);
  for (const Entry& entry : node_.entries)
    if (entry.key == key) problems_.add(entry.place, fmt::format("'{}' of {} {}", key, what_, why));
}

void Fields::finish() {
  for (const Entry& entry : node_.entries) {
    if (problems_.full()) return;
    if (contains(asked_, entry.key) || contains(refused_, entry.key)) continue;
    problems_.add(entry.place, fmt::format("unknown key '{}' of {}{}", shown(entry.key), what_,
                                           suggestion(entry.key, asked_)));
  }
}

std::optional<RawOption> raw_option(const std::string& name, Place place, const Node& value,
                                    Problems& problems) {
  RawOption option;
  option.line = place.line;
  option.column = place.column;
  option.file = place.file;
  option.is_list = value.kind == Node::Kind::list;
  if (value.kind == Node::Kind::scalar) {
    option.values = {value.text};
    return option;
  }
  if (value.kind == Node::Kind::list) {
    for (const Node* item : value.items) {
      if (item->kind != Node::Kind::scalar) {
        problems.add(item->place, fmt::format("'{}' is a list of single values; this one is {}",
                                              shown(name), kind_name(*item)));
        return std::nullopt;
      }
      option.values.push_back(item->text);
    }
    return option;
  }
  problems.add(place, value.kind == Node::Kind::null
                          ? fmt::format("'{}' has no value", shown(name))
                          : fmt::format("'{}' takes a value or a list of values, not {}",
                                        shown(name), kind_name(value)));
  return std::nullopt;
}

}  // namespace dnstorm::topology::detail
