// Packets from a network interface through libpcap's memory-mapped ring.
//
// Life cycle: open(), poll() again and again on one thread of its own (it waits for up to
// `timeout_ms`), drops() in between, break_loop() from any thread or a signal handler to make a
// waiting poll() return. The kernel's ring is the only buffer: what does not fit is lost there and
// counted by drops().
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap {

struct LiveOptions {
  std::string interface = {};           // "eth0"; "any" for all
  std::string filter = {};              // pcap-filter(7); empty: everything
  int snaplen = 65'535;                 // bytes kept of a packet
  int buffer_bytes = 32 * 1024 * 1024;  // of the kernel's ring
  int timeout_ms = 10;                  // a packet waits at most this long in the ring
  bool promiscuous = true;
};

// Since open(); as pcap_stats(3) counts. On the loopback interface the kernel counts every packet
// twice, going out and coming in; it is handed out once.
struct Drops {
  std::uint64_t received = 0;           // that passed the filter, dropped ones included
  std::uint64_t dropped_kernel = 0;     // the ring was full
  std::uint64_t dropped_interface = 0;  // by the interface or its driver
};

class LiveCapture {
 public:
  // Errors: no_input (no such interface), permission, usage (bad filter), unavailable (interface
  // down).
  static Result<std::unique_ptr<LiveCapture>> open(const LiveOptions& options);
  virtual ~LiveCapture() = default;

  // Waits up to timeout_ms for packets and hands each to `take`; its bytes hold during the call.
  // Returns how many there were, at most `max_packets`; 0: none came, or break_loop() was called.
  // Errors: io (the interface went down or away).
  virtual Result<std::uint64_t> poll(const std::function<void(const Packet&)>& take,
                                     int max_packets) = 0;

  // Errors: io.
  virtual Result<Drops> drops() = 0;

  virtual packet::LinkType link() const = 0;
  virtual void break_loop() = 0;
};

}  // namespace dnstorm::capture::pcap
