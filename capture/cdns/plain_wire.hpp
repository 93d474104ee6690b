// Names and rdata without compression, as C-DNS stores them (RFC 8618 7.3.2.3): out of a message
// that dns::parse() has read. Pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "capture/dns/message.hpp"

namespace dnstorm::capture::cdns {

// Appends the name at `offset`, which must be valid. Answers the offset behind it, in place.
std::size_t append_name(std::span<const std::uint8_t> wire, std::size_t offset,
                        std::vector<std::uint8_t>& out);

// Appends the data of a record; names in it in full, where its type may compress them.
void append_rdata(const dns::Message& message, const dns::Record& record,
                  std::vector<std::uint8_t>& out);

// Whether the bytes are one whole name without compression.
bool is_plain_name(std::span<const std::uint8_t> bytes);

}  // namespace dnstorm::capture::cdns
