// Cuts a finished frame into frames with IP fragments (RFC 791 3.2, RFC 8200 4.5). `frame` is one
// of build_udp(); `mtu` is what an IP packet may have on the link. Pure functions, thread-safe.
#pragma once

#include <cstdint>

#include "capture/synth/frame.hpp"

namespace dnstorm::capture::synth {

inline constexpr std::uint32_t mtu_min = 576, mtu_max = 9000;
inline constexpr std::uint32_t ipv6_mtu_min = 1280;  // a lower `mtu` is taken as this one for IPv6

// Into how many it has to be cut; 1: it fits as it is.
std::uint32_t fragment_count(ByteSpan frame, std::uint32_t mtu);

// Fragment `number` (from 0) of those that have `id` in common: of IPv4, 16 bits of it. Replaces
// what `fragment` held and keeps its memory.
void build_fragment(ByteSpan frame, std::uint32_t mtu, std::uint32_t id, std::uint32_t number,
                    Frame& fragment);

}  // namespace dnstorm::capture::synth
