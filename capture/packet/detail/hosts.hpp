// What a frame without IP addresses is told apart by.
#pragma once

#include <cstdint>
#include <span>

namespace dnstorm::capture::packet::detail {

std::uint64_t last_bytes_hash(std::span<const std::uint8_t> frame);

}  // namespace dnstorm::capture::packet::detail
