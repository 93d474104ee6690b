// What aggregates by key and window declare, and their two halves: with `partial: true` each task
// makes a part of what belongs to a key, whatever the grouping, and with `merge: true` another one
// puts the parts of a window together, as tasks behind the same key or as nodes that ship what they
// have seen. Pure functions for OperatorDef::declare.
#pragma once

#include <string>
#include <vector>

#include "operators/count/aggregate.hpp"

namespace dnstorm::operators {

inline constexpr const char* sketch_field = "sketch";

// by, partial, merge, the options of windows and sessions.
std::vector<OptionSpec> keyed_options();

// The declaration of an aggregate with these options: window, window_end, the fields of `by`, which
// are read, and the results, or in their place with `partial: true` the bytes that `merge: true`
// reads. What rows are read for is the operator's to add, unless it merges. `not_with_merge`:
// options of the operator itself that only have a meaning for rows.
Result<Declaration> declare_keyed(const Options& options, const std::vector<InputDecl>& inputs,
                                  std::vector<Field> results,
                                  const std::vector<std::string>& not_with_merge);

// As declare_windowed() for rows that have windows already. Options of windows are refused, but for
// `lateness`.
Result<Declaration> declare_parts(const Options& options, const std::vector<InputDecl>& inputs,
                                  const std::vector<std::string>& not_with_merge);

// That every input has this field of a part, of this type; it is read.
Result<void> read_part(Declaration& declaration, const std::vector<InputDecl>& inputs,
                       const std::string& name, Type type);

}  // namespace dnstorm::operators
