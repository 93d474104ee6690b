#include <algorithm>
#include <cstring>

#include "capture/packet/decode.hpp"
#include "capture/packet/detail/hosts.hpp"

namespace dnstorm::capture::packet {

namespace {

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
// Bits without a pattern (the fractions of square roots of primes, as SHA-2 has them).
std::uint64_t host_hash(const IpAddress& host) {
  std::uint64_t half[2];
  std::memcpy(half, host.bytes.data(), sizeof half);
  return mix(half[0] ^ 0x6a09e667f3bcc909, half[1] ^ 0xbb67ae8584caa73b);
}

}  // namespace

std::uint64_t hosts_hash(const IpAddress& a, const IpAddress& b) {
  return host_hash(a) + host_hash(b);
}

std::uint64_t detail::last_bytes_hash(std::span<const std::uint8_t> frame) {
  std::uint64_t last = 0;
  std::size_t size = std::min(frame.size(), sizeof last);
  if (size != 0) std::memcpy(&last, frame.data() + (frame.size() - size), size);
  return mix(last ^ 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1);
}

}  // namespace dnstorm::capture::packet
