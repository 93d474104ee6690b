// A DNS message with all that is known of its way: what the readers of C-DNS, dnstap, captures and
// JSON lines hand out and what their writers take. A value; `wire` belongs to whoever filled it in.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::cdns {

// The numbers are those of RFC 8618 7.3.2.3.2; `other` is its "non-standard transport".
enum class Transport : std::uint8_t { udp, tcp, tls, dtls, https, other = 15 };
inline bool is_stream(Transport transport) {
  return transport == Transport::tcp || transport == Transport::tls ||
         transport == Transport::https;
}

// Who talks to whom, as a server's own log says it (RFC 8618: qr-type); `none` of a capture.
enum class Role : std::uint8_t { stub, client, resolver, auth, forwarder, tool, none };

// As dns::parse() does, which has the flags where there are four bytes.
inline bool says_response(std::span<const std::uint8_t> wire) {
  return wire.size() >= 4 && (wire[2] & 0x80U) != 0;
}

struct CapturedMessage {
  TimeNs time = 0;
  IpAddress src;
  IpAddress dst;
  bool has_src = false;
  bool has_dst = false;
  bool v6 = false;  // also where no address is known
  std::uint16_t src_port = 0;
  std::uint16_t dst_port = 0;
  std::uint8_t ttl = 0;  // TTL or hop limit; 0: not known
  Transport transport = Transport::udp;
  Role role = Role::none;
  bool response = false;  // as the header says; false where there is none
  bool cut = false;       // the capture's snap length cut its end off
  std::span<const std::uint8_t> wire;
};

}  // namespace dnstorm::capture::cdns
