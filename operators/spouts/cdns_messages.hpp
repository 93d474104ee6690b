// A message of a C-DNS file as the bytes of a row of link type link_cdns, and back: a head of fixed
// size with all that is known of the message's way, then its wire. An item of the file that gives
// no message is a row, too, whose head says why, so that it is counted like a packet.
#pragma once

#include <cstdint>
#include <span>

#include "capture/cdns/captured_message.hpp"
#include "capture/cdns/rebuild.hpp"
#include "capture/packet/decode.hpp"
#include "operators/spouts/message_context.hpp"

namespace dnstorm::operators {

inline constexpr std::size_t cdns_head_bytes = 40;

// Writes cdns_head_bytes + message.wire.size() bytes.
void put_cdns_message(const capture::cdns::CapturedMessage& message, capture::cdns::Rebuilt what,
                      std::uint8_t* to);

struct CdnsMessage {
  capture::cdns::Rebuilt what = capture::cdns::Rebuilt::no_payload;
  bool response = false;
  // Messages that a server saw in different roles do not belong together; 0: a capture's.
  std::uint8_t kind = 0;
};
// Fills `out` as if the message had come in a datagram. Bytes that are no such row: no_payload.
CdnsMessage read_cdns_message(std::span<const std::uint8_t> bytes, capture::packet::Datagram& out);

}  // namespace dnstorm::operators
