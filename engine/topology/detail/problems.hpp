// What is wrong with a topology, gathered so that one run shows everything. Used by the reader and
// by set_property(); one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/topology/topology.hpp"

namespace dnstorm::topology::detail {

// Text of an author as it may stand in a one-line message: shortened, control characters replaced.
std::string shown(std::string_view text, std::size_t length_max = 60);

// ", did you mean 'x'?" or "; known are a, b"; for the end of a sentence about an unknown word.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

class Problems {
 public:
  void add(Place place, std::string what) {
    if (list_.size() < problems_max) list_.push_back({place, std::move(what)});
  }
  // True when more would not be shown; saves the work of finding them.
  bool full() const { return list_.size() >= problems_max; }
  std::size_t size() const { return list_.size(); }
  // In the order of the files, the included ones named.
  std::vector<Diagnostic> take(const std::vector<std::string>& includes = {});

 private:
  static constexpr std::size_t problems_max = 50;
  std::vector<Diagnostic> list_;
};

}  // namespace dnstorm::topology::detail
