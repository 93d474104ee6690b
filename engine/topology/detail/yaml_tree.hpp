// A YAML document as a small tree of values that all know their place. Made by yaml-cpp's parser,
// not by its Node: that one keeps the last of two equal keys without a word, and follows aliases
// without a bound. The only place that sees yaml-cpp. One thread; cheap to throw away.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/topology/detail/substitute.hpp"

namespace dnstorm::topology::detail {

// Bounds on what a file may ask of us: a topology of a thousand components stays far below.
inline constexpr std::size_t yaml_bytes_max = 1024 * 1024;
inline constexpr std::size_t yaml_nodes_max = 50'000;  // aliases count as often as they are used
inline constexpr std::size_t yaml_depth_max = 32;

struct Node;

struct Entry {
  std::string key;
  Place place;  // of the key
  const Node* value = nullptr;
};

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  Place place;
  std::string text;                // of a scalar
  std::vector<const Node*> items;  // of a list
  std::vector<Entry> entries;      // of a map, in the order of the file, no key twice
  std::size_t weight = 1;          // nodes below and including this one, aliases followed
};

// "a list", "a map", ...: for messages.
std::string_view kind_name(const Node& node);

// Owns its nodes. `root` is null if the text is empty or could not be parsed.
struct Tree {
  std::deque<Node> nodes;
  const Node* root = nullptr;
};

// Where a text comes from: what its places are led back to.
struct Source {
  std::uint32_t file = 0;            // Place::file
  const Columns* columns = nullptr;  // null: the text is as it was written
};

// Reports syntax errors, keys that stand twice and broken bounds to `problems`.
Tree parse_yaml(const std::string& text, Problems& problems, Source source = {});

}  // namespace dnstorm::topology::detail
