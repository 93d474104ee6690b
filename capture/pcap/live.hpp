// Packets from network interfaces through libpcap's memory-mapped rings.
//
// Life cycle: open(), poll() again and again on one thread of its own (it waits for up to
// `timeout_ms`), drops() in between, break_loop() from any thread or a signal handler to make a
// waiting poll() return. The kernel's rings are the only buffer: what does not fit is lost there
// and counted by drops(). An interface that goes down is waited for; one that is taken away is
// opened again when it has come back, and what it had counted stays counted.
//
// Several captures may share the packets of the same interfaces (PACKET_FANOUT, packet(7)): the
// kernel deals them out by a hash that is the same for both directions of a flow, fragments put
// together. They are opened with one FanoutGroup. Each socket sees all packets until it has joined,
// so nothing counts before all have: a packet is handed out by exactly one of them. libpcap's own
// handle stays in use for it, because the option is set on its socket: its link types, VLAN tags
// and filters are the ones that tcpdump users know.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap {

// What the captures of one source have in common. Thread-safe; outlives them.
class FanoutGroup {
 public:
  explicit FanoutGroup(std::uint32_t members) : members_(members) {}

  bool shared() const { return members_ > 1; }
  // Joins a socket to the group of its interface. Errors: unavailable.
  Result<void> join(int socket, const std::string& interface);
  // A member has joined on all its interfaces; the last one opens the door.
  void ready(TimeNs wall_now);
  void leave();
  // Packets before it have been seen by several members or not by all: they do not count.
  TimeNs begin() const { return begin_.load(std::memory_order_acquire); }

 private:
  const std::uint32_t members_;
  std::mutex mutex_;
  std::map<std::string, int> ids_;
  std::uint32_t ready_ = 0;
  std::atomic<TimeNs> begin_ = time_max;
};

struct LiveOptions {
  std::vector<std::string> interfaces = {};  // "eth0"; "any" for all
  std::string filter = {};                   // pcap-filter(7); empty: everything
  int snaplen = 65'535;                      // bytes kept of a packet
  int buffer_bytes = 32 * 1024 * 1024;       // of the kernel's ring of each interface
  int timeout_ms = 10;                       // a packet waits at most this long in the ring
  bool promiscuous = true;
  std::shared_ptr<FanoutGroup> fanout = {};  // null: this capture gets all packets
};

// Since open(); as pcap_stats(3) counts. On the loopback interface the kernel counts every packet
// twice, going out and coming in; it is handed out once.
struct Drops {
  std::uint64_t received = 0;           // that passed the filter, dropped ones included
  std::uint64_t dropped_kernel = 0;     // the ring was full
  std::uint64_t dropped_interface = 0;  // by the interface or its driver; the whole interface's
};

class LiveCapture {
 public:
  // Errors: no_input (no such interface), permission, usage (bad filter), unavailable (interface
  // down, no memory for the ring). What they say tells what to do.
  static Result<std::unique_ptr<LiveCapture>> open(const LiveOptions& options);
  virtual ~LiveCapture() = default;

  // Waits until there are packets or the time-out is over and hands out up to `max_packets` of each
  // interface, each valid during its call of `take` only, with the interface's number. Returns how
  // many; 0: none came, or break_loop() was called. Errors: io (an interface cannot be read), and
  // as open() for an interface that came back.
  using Take = std::function<void(const Packet&, std::size_t interface)>;
  virtual Result<std::uint64_t> poll(const Take& take, int max_packets) = 0;

  // By interface, in the order of the options.
  virtual Result<std::vector<Drops>> drops() = 0;
  // Whether the interface is up, as far as the capture has noticed.
  virtual bool up(std::size_t interface) const = 0;

  virtual packet::LinkType link(std::size_t interface) const = 0;
  virtual void break_loop() = 0;
};

}  // namespace dnstorm::capture::pcap
