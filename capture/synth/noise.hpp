// Packets that are not DNS, for the counting of what is passed over.
#pragma once

#include <cstdint>
#include <string_view>

#include "capture/synth/frame.hpp"
#include "capture/synth/random.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::capture::synth {

enum class Noise : std::uint8_t {
  udp_other_port,
  tcp,   // a SYN to port 53 or its answer: no message in it
  icmp,  // echo, or "port unreachable" that quotes a DNS query, which is no traffic of its own
  arp,
};
inline constexpr std::size_t noise_count = 4;
std::string_view to_string(Noise noise);

// What a decoder makes of it. The names are those of its classes.
enum class NoiseClass : std::uint8_t {
  other_port,
  mdns,   // a client's port may be 5353 ...
  llmnr,  // ... or 5355
  tcp_control,
  icmp,
  icmp_quote,
  not_ip,
};
inline constexpr std::size_t noise_classes = 7;
std::string_view to_string(NoiseClass what);

// `client` and `server` are of one family; ARP needs IPv4.
NoiseClass build_noise(Noise noise, const Endpoints& client, Random& random, Frame& frame);

}  // namespace dnstorm::capture::synth
