// Domains with all below them, and networks, that are never to raise an event. A value.
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/enrich/prefix_set.hpp"

namespace dnstorm::operators {

class AllowList {
 public:
  // "example.com", "192.0.2.0/24", "2001:db8::1". Fails with kind `config` if one is neither.
  static Result<AllowList> parse(const std::vector<std::string>& texts);

  // Whether a part of an event's key (parts stand between blanks) is one of them or lies below one.
  bool contains(std::string_view key) const;

 private:
  bool contains_part(std::string_view part) const;
  std::unordered_set<std::string> domains_;
  PrefixSet networks_;
};

}  // namespace dnstorm::operators
