// The receiving end of any number of dnstap senders: one thread that listens at a Unix socket and
// at TCP (plain or TLS), greets, reads and puts the frames into a queue.
//
// Senders are never held up: what finds no room in the queue is read all the same, dropped and
// counted (unless `block` is chosen). Frames taken from the queue and frames dropped are together
// exactly the frames received.
//
//   start() -> queue().take() ... -> stop(); counts() at any time, from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/dnstap/byte_stream.hpp"
#include "capture/dnstap/frame_queue.hpp"
#include "capture/dnstap/frame_receiver.hpp"
#include "capture/dnstap/listener.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::dnstap {

struct ServerOptions {
  UnixOptions unix_socket;  // no path: none
  std::string tcp;          // listen_tcp(); empty: none
  TlsOptions tls;           // of the TCP senders; no certificate: plain
  std::size_t queue_bytes = 64u << 20;
  bool block = false;  // a full queue holds senders up instead
  std::uint32_t connections_max = 1024;
  // After so many senders have come and gone the server ends; 0: it goes on until stop().
  std::uint64_t end_after = 0;
  DurationNs handshake_timeout = 10 * ns_per_s;
};

struct SenderCounts {
  std::uint64_t frames = 0;
  std::uint64_t dropped = 0;
};

struct ServerCounts {
  std::uint64_t frames = 0;   // received, dropped ones included
  std::uint64_t dropped = 0;  // for want of room
  std::uint64_t bytes = 0;    // of the frames
  std::uint64_t connections = 0;
  std::uint64_t open = 0;      // connections now
  std::uint64_t finished = 0;  // connections that ended by STOP
  std::uint64_t lost = 0;      // connections that ended without
  std::uint64_t cut_frames = 0;
  std::uint64_t refused = 0;  // beyond connections_max, or of file descriptors
  std::uint64_t handshake_timeouts = 0;
  std::uint64_t tls_failures = 0;
  std::uint64_t unknown_controls = 0;
  std::array<std::uint64_t, receive_fault_count> faults{};  // by ReceiveFault
  // By the connection's place, which the next one takes when it is gone.
  static constexpr std::size_t senders_shown = 64;
  std::array<SenderCounts, senders_shown> senders{};
};

class FrameServer {
 public:
  // Listens already when it returns. At least one of the two sockets must be named.
  static Result<std::unique_ptr<FrameServer>> start(const ServerOptions& options);
  virtual ~FrameServer() = default;

  virtual FrameQueue& queue() = 0;
  virtual ServerCounts counts() const = 0;
  virtual std::uint16_t tcp_port() const = 0;  // 0: none
  // Closes all connections and ends the thread; what is in the queue can still be taken.
  virtual void stop() = 0;
};

}  // namespace dnstorm::capture::dnstap
