// What operators read and give, found out from their declarations alone: each is declared with the
// options of its own example, and over the first stream of another operator that it takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/api/registry.hpp"

namespace dnstorm::cli {

// A stream as it is told: what it has like another one by a word, only the rest field by field.
struct ToldStream {
  std::string name;
  std::string alike;  // "the rows of the input, as they came"; may be empty
  std::vector<Field> fields;
};

struct OperatorStreams {
  std::string from;  // "decode", "decode, stream queries"; empty: of a spout
  std::vector<std::string> reads;
  std::vector<ToldStream> outputs;
};

// Nothing if the example of the operator fits none of the streams there are (`shell_bolt` has the
// fields of a program of somebody's own).
std::optional<OperatorStreams> streams_of(const OperatorDef& def, const OperatorRegistry& registry);

}  // namespace dnstorm::cli
