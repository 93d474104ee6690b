// Numbers around IP: address families of BSD loopback frames, extension headers of IPv6.
#pragma once

#include <cstdint>

namespace dnstorm::capture::packet::detail {

// 4, 6 or, of another family, 0. AF_INET6 differs by system: 10 Linux, 24 NetBSD and OpenBSD, 28
// FreeBSD, 30 macOS.
constexpr int version_of_family(std::uint32_t family) {
  if (family == 2) return 4;
  return family == 10 || family == 24 || family == 28 || family == 30 ? 6 : 0;
}

// How the length of an extension header is told (RFC 8200 4).
enum class Extension : std::uint8_t { none, by_eights, authentication, fragment };

constexpr Extension extension_of(std::uint8_t next_header) {
  switch (next_header) {
    case 0:    // hop by hop
    case 43:   // routing
    case 60:   // destination
    case 135:  // mobility
    case 139:  // host identity
    case 140:  // shim6
      return Extension::by_eights;
    case 51:
      return Extension::authentication;
    case 44:
      return Extension::fragment;
    default:
      return Extension::none;
  }
}

}  // namespace dnstorm::capture::packet::detail
