// What DSC reads out of the options of an OPT record, as they are on the wire (the field
// `edns_options` of decode). Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "capture/dns/edns.hpp"
#include "operators/dsc/indexers.hpp"

namespace dnstorm::operators {

// The last option of that code, as DSC has it.
std::optional<capture::dns::EdnsOption> find_edns_option(std::span<const std::uint8_t> options,
                                                         std::uint16_t code);

// The code of an indexer of form `number`.
std::uint32_t edns_option_number(DscIndexer indexer, std::span<const std::uint8_t> options);
// The key of one of form `text`; nothing: the message does not have it.
std::optional<std::string> edns_option_label(DscIndexer indexer,
                                             std::span<const std::uint8_t> options);

}  // namespace dnstorm::operators
