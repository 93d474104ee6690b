// A message with all that is said of it beside its bytes: what the writers of `decode` are given.
// Private to this folder.
#pragma once

#include <cstdint>

#include "capture/dns/message.hpp"
#include "capture/dnstap/message.hpp"
#include "capture/packet/decode.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

// Who is who in a datagram: the side that answers is the source of a response. Refers to it.
struct Ends {
  const IpAddress& client;
  const IpAddress& server;
  std::uint16_t client_port;
  std::uint16_t server_port;
};
inline Ends ends_of(const capture::packet::Datagram& d, bool response) {
  if (response) return {d.dst, d.src, d.dst_port, d.src_port};
  return {d.src, d.dst, d.src_port, d.dst_port};
}

struct MessageContext {
  TimeNs time;
  bool malformed;
  const capture::packet::Datagram& datagram;
  const capture::dns::Message& message;
  Ends ends;
  std::uint32_t tcp_rtt_us = 0;
  const capture::dnstap::Dnstap* dnstap = nullptr;  // null: a packet
  std::uint8_t kind = 0;  // without dnstap: in which role a server saw it; 0: not known
};

}  // namespace dnstorm::operators
