// What the I/O thread of a hub does: sockets, connections, who is who. Everything here is used by
// that thread alone, but for the counters.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "cluster/wire/detail/sockets.hpp"
#include "cluster/wire/hub.hpp"

namespace dnstorm::cluster::detail {

struct HubCounters {
  std::atomic<std::uint64_t> frames_in, frames_out, bytes_in, bytes_out, accepted, connects,
      reconnects, unsent;
  std::array<std::atomic<std::uint64_t>, hub_refusal_count> refused;

  void refuse(HubRefusal why) { ++refused[static_cast<std::size_t>(why)]; }
  HubStatistics read() const;
};

class HubLoop {
 public:
  HubLoop(const HubOptions& options, const HubHandlers& handlers, HubCounters& counters);

  Result<std::string> bind(const std::string& endpoint);
  Result<void> connect(const std::string& peer, const std::string& endpoint,
                       const std::string& key);
  void disconnect(const std::string& peer);
  void allow(const std::map<std::string, std::string>& keys) { gate_.allow(keys); }
  void send(const HubPeer& to, const Frame& frame);

  // Waits until a socket or `wake_fd` has something, or the time is up; then takes what there is
  // from the sockets. Bounded: goes back to the caller after a while.
  void work(int wake_fd, DurationNs patience);

 private:
  struct Outbound {
    zmq::socket_t socket;
    std::unique_ptr<Monitor> monitor;
    std::string endpoint;
    std::string key;
    bool connected = false;
    bool had_way = false;
    // When to begin anew with another socket, if it says nothing until then: after some errors (a
    // key that is refused, bytes that are no protocol) ZeroMQ does not try again by itself.
    TimeNs renew_at = time_max;
  };
  struct Inbound {
    int fd = -1;
    std::string user;
  };

  std::vector<zmq_pollitem_t> poll_items(int wake_fd) const;
  void read_router();
  void read_dealer(const std::string& name, Outbound& out);
  void watch_router();
  void watch_dealer(const std::string& name, Outbound& out);
  Result<void> open(const std::string& peer, Outbound& out);
  void renew(TimeNs now);
  void hear_of(const HubPeer& peer, Outbound& out, Monitor::Event event);
  bool read_frame(zmq::socket_t& socket, zmq::message_t& first, Frame& frame);
  bool greet(const std::string& identity, zmq::message_t& message, std::string& user);
  void lose_inbound(const std::string& identity);
  bool put(zmq::socket_t& socket, const std::string* identity, const Frame& frame);
  void deliver(HubMessage message);

  const HubOptions& options_;
  const HubHandlers& handlers_;
  HubCounters& counters_;
  zmq::context_t context_;
  Gate gate_;
  zmq::socket_t router_;
  std::unique_ptr<Monitor> router_monitor_;
  std::map<std::string, std::shared_ptr<Outbound>> outbound_;
  std::map<std::string, Inbound> inbound_;  // by identity
  std::map<int, std::string> identities_;   // of inbound_, by descriptor
  std::map<std::string, bool> had_inbound_;
  std::uint64_t monitors_ = 0;
  SystemClock clock_;
};

}  // namespace dnstorm::cluster::detail
