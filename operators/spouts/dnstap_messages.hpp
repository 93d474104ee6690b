// A message of a dnstap frame as if it had come in a datagram, so that what is made of packets is
// made of frames, too.
#pragma once

#include <cstdint>
#include <span>

#include "capture/dnstap/message.hpp"
#include "capture/packet/decode.hpp"
#include "operators/spouts/message_context.hpp"

namespace dnstorm::operators {

// Fills `out` with the way of `message` (the frame's query_message or response_message) and says
// who is who in it: the client is who asked, whatever the message's own bits say. The port of a
// resolver or forwarder that asks is 0: unbound 1.17 often writes another query's there, and
// responses are told apart by the server and the id. What Ends refers to is in `out`.
Ends datagram_of(const capture::dnstap::Dnstap& frame, std::span<const std::uint8_t> message,
                 bool response, capture::packet::Datagram& out);

}  // namespace dnstorm::operators
