// The entries of one YAML map, asked for by name. What nobody asked for is unknown: finish() says
// so, and knows the right names because they were asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/topology/detail/yaml_tree.hpp"

namespace dnstorm::topology::detail {

class Fields {
 public:
  // `what` names the map in messages: "bolt 'count'". A node that is not a map is a problem.
  Fields(const Node& node, std::string what, Problems& problems);

  // The entry, or null if it is not there.
  const Entry* find(std::string_view key);
  // The same; it is a problem if it is not there.
  const Entry* require(std::string_view key);
  // The scalar of that key, or null if it is not there or is no scalar (a problem).
  const Node* scalar(std::string_view key);
  const Node* require_scalar(std::string_view key);
  // A whole number between min and max.
  std::optional<std::uint32_t> number(std::string_view key, std::uint32_t min, std::uint32_t max);
  // true or false; `otherwise` if it is not there.
  bool flag(std::string_view key, bool otherwise);
  // Whether there is a number that may have a fraction, not below 0; another value is a problem.
  bool amount(std::string_view key);
  // A key of Flux's grammar that dnstorm does not have; `why` goes on behind "'key' of it".
  void refuse(std::string_view key, std::string_view why);
  // To be called last: reports what was never asked for.
  void finish();

  void rename(std::string what) { what_ = std::move(what); }
  const std::string& what() const { return what_; }
  const Node& node() const { return node_; }
  Place place() const { return node_.place; }

 private:
  const Node& node_;
  std::string what_;
  Problems& problems_;
  std::vector<std::string> asked_;  // known names, those refused left out
  std::vector<std::string> refused_;
};

// A scalar, or a list of scalars, as the option `name`; nothing (and a problem) for anything else.
std::optional<RawOption> raw_option(const std::string& name, Place place, const Node& value,
                                    Problems& problems);

}  // namespace dnstorm::topology::detail
