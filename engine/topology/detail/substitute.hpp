// ${key} and ${ENV-NAME} in the text of a topology, before it is parsed. What is put in may be
// longer or shorter than what was written; Columns leads a column of the made text back to the one
// in the file. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/topology/detail/problems.hpp"

namespace dnstorm::topology::detail {

// All counted in bytes from 1, as yaml-cpp counts columns.
struct Replacement {
  int written = 0;  // column of the $
  int written_length = 0;
  int made = 0;  // column of the value
  int made_length = 0;
};

class Columns {
 public:
  // Of one line in their order.
  void add(int line, Replacement replacement) { by_line_[line].push_back(replacement); }
  // The column in the file; of anything inside of a value: that of its ${.
  int written(int line, int made) const;

 private:
  std::map<int, std::vector<Replacement>> by_line_;
};

struct Substituted {
  std::string text;
  Columns columns;
  bool complete = true;  // false: something has no value (a problem); the text is of no use
};

// `file` is the Place::file of problems.
Substituted substitute(const std::string& text, std::uint32_t file, const Variables& variables,
                       Problems& problems);

}  // namespace dnstorm::topology::detail
