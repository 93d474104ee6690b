#include <fmt/format.h>

#include "capture/packet/decode.hpp"

namespace dnstorm::capture::packet {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::udp:
      return "udp";
    case Verdict::tcp:
      return "tcp";
    case Verdict::icmp:
      return "icmp";
    case Verdict::other_protocol:
      return "other_protocol";
    case Verdict::fragment:
      return "fragment";
    case Verdict::not_ip:
      return "not_ip";
    case Verdict::truncated:
      return "truncated";
    case Verdict::malformed_link:
      return "malformed_link";
    case Verdict::malformed_ip:
      return "malformed_ip";
    case Verdict::malformed_udp:
      return "malformed_udp";
    case Verdict::malformed_tcp:
      return "malformed_tcp";
    case Verdict::nested_too_deep:
      return "nested_too_deep";
    case Verdict::unknown_link:
      return "unknown_link";
  }
  return "?";
}

std::string to_string(LinkType link) {
  switch (link) {
    case LinkType::null:
      return "null";
    case LinkType::ethernet:
      return "ethernet";
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
      return "raw";
    case LinkType::loop:
      return "loop";
    case LinkType::linux_sll:
      return "linux_sll";
    case LinkType::ipv4:
      return "ipv4";
    case LinkType::ipv6:
      return "ipv6";
    case LinkType::linux_sll2:
      return "linux_sll2";
  }
  return fmt::format("link type {}", static_cast<unsigned>(link));
}

}  // namespace dnstorm::capture::packet
