// What the parts of TcpStreams share: a call of take(), and how sequence numbers compare.
#pragma once

#include "capture/stream/tcp_streams.hpp"

namespace dnstorm::capture::stream {

namespace detail {

// Sequence numbers wrap (RFC 9293 3.4).
inline std::int32_t ahead_of(std::uint32_t seq, std::uint32_t other) {
  return static_cast<std::int32_t>(seq - other);
}

}  // namespace detail

struct TcpStreams::Call {
  std::uint32_t number;
  std::uint32_t group;
  Flow& flow;
  Half& half;
  const packet::Datagram& ends;
  TimeNs now;
  MessageSink& sink;
  std::size_t messages = 0;
};

}  // namespace dnstorm::capture::stream
