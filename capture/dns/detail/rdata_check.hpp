// Whether the data of a record have the form that its type asks for; called by parse() for every
// record. Types that are not listed pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dnstorm::capture::dns::detail {

// `wire` is the message up to the end of the record's data, which begin at `offset`: names within
// may point back into the message.
bool rdata_fits(std::uint16_t type, std::uint16_t dns_class, std::span<const std::uint8_t> wire,
                std::size_t offset);

}  // namespace dnstorm::capture::dns::detail
