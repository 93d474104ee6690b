// The options of `dsc`, and what its inputs are. Pure functions for OperatorDef::declare.
#pragma once

#include <vector>

#include "engine/api/registry.hpp"
#include "operators/dsc/plan.hpp"

namespace dnstorm::operators {

std::vector<OptionSpec> dsc_option_specs();

// What rows of an input are, told by their fields.
enum class DscInput : std::uint8_t {
  messages,  // of `decode`
  pairs,     // of `match`: response times
  cells,     // of a `dsc` with partial: true
  packets,   // of `decode`, stream packets
  drops      // of `pcap`, stream drops
};
// Fails with kind `config` if they are none of these.
Result<DscInput> dsc_input_kind(const InputDecl& input);
// The same of a schema from which unread fields are gone.
DscInput dsc_input_kind(const Schema& pruned);

Result<Declaration> declare_dsc(const Options& options, const std::vector<InputDecl>& inputs);

}  // namespace dnstorm::operators
