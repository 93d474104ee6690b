// What a join gives: which field of which input under which name. Pure functions, for `declare` and
// for the bolt, which must come to the same.
#pragma once

#include <string>
#include <vector>

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

struct JoinColumn {
  std::size_t input = 0;
  std::string field;  // empty: whether there was a row of that input
  std::string name;   // in the result
};

// The name by which an input goes: its component, with the stream behind it if that has a name.
std::string input_name(const std::string& component, const std::string& stream);

// Which inputs may be missing (option `left`), one flag an input.
Result<std::vector<bool>> optional_inputs(const Options& options,
                                          const std::vector<std::string>& inputs);

// Those of the option `select`, or all there are. `schemas` are those of the inputs; fields that a
// pruned schema does not have any more must be selected by name.
Result<std::vector<JoinColumn>> join_columns(const Options& options,
                                             const std::vector<std::string>& inputs,
                                             const std::vector<Schema>& schemas);

}  // namespace dnstorm::operators
