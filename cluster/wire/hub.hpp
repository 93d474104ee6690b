// All sockets of a process (ZeroMQ), owned by one thread: the I/O thread. Others come in over
// endpoints that it binds (a ROUTER), it goes out to peers that it is told (a DEALER each).
//
//   auto hub = Hub::start(options, handlers);    // the thread begins; handlers are called on it
//   (*hub)->bind("tcp://10.0.0.2:0");            // gives the endpoint with its real port
//   (*hub)->connect("centre", "tcp://10.0.0.1:7000", its_public_key);
//   (*hub)->send({"centre"}, frame);             // any thread
//   destructor                                   // closes everything; no handler after it
//
// A frame is sent only if there is a way right now; it may be lost with the connection
// (cluster/link is for what must arrive). All functions may be called by any thread, and by the
// handlers themselves.
//
// With keys (CURVE) each connection is encrypted and its key looked up in the list of those that
// are allowed; whatever else comes is refused and counted. Without keys only loopback addresses are
// bound, unless `allow_plain` says that the network may be trusted.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/link/frame.hpp"
#include "cluster/wire/keys.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cluster {

struct HubOptions {
  std::string identity;                        // what the others call this process
  CurveKeys keys;                              // empty: plain connections
  std::map<std::string, std::string> allowed;  // public keys of those that may come in, by name
  bool allow_plain = false;                    // listen without keys beyond loopback
  std::size_t frame_bytes_max = 128 << 20;
  int high_water = 10'000;  // frames a connection: the last bound, never to be reached
  DurationNs heartbeat = ns_per_s;
  DurationNs heartbeat_timeout = 3 * ns_per_s;
  DurationNs handshake_timeout = 5 * ns_per_s;
  DurationNs reconnect_first = 50 * ns_per_ms;
  DurationNs reconnect_max = ns_per_s;
};

// The other end of a way. One process may have two ways to another: the one that it made itself,
// and one that came in.
struct HubPeer {
  std::string name;      // as connect() was told, or the identity of the other process
  bool inbound = false;  // it came in
  auto operator<=>(const HubPeer&) const = default;
};

struct HubMessage {
  HubPeer from;
  // The name that its key has in the list of allowed ones; of an own connection, `from.name`.
  // Empty: no keys are used.
  std::string user;
  Frame frame;
};

// Called on the I/O thread. Empty ones are passed over.
struct HubHandlers {
  std::function<void(HubMessage)> message;
  // One that came in is connected from its first message on.
  std::function<void(const HubPeer&)> connected;
  std::function<void(const HubPeer&)> disconnected;
  // A connection of ours was refused by the other end: why, in one sentence. It is tried again.
  std::function<void(const HubPeer&, const std::string&)> refused;
  // After each round of work. When to be called again at the latest; time_max: when something
  // happens.
  std::function<TimeNs(TimeNs now)> tick;
};

// What was not let in.
enum class HubRefusal : std::uint8_t {
  no_key,                // another mechanism than CURVE
  foreign_key,           // a key that is not allowed
  foreign_identity,      // an allowed key under another's name
  bad_handshake,         // garbage instead of a handshake
  unfinished_handshake,  // given up, or timed out
  closed_silent,         // connections that ended without a message, those above among them
  too_large,             // frames above the limit
  accept_failed,         // no descriptor left for a connection
};
inline constexpr std::size_t hub_refusal_count = 8;
std::string_view to_string(HubRefusal refusal);

struct HubStatistics {
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t accepted = 0;    // connections that came in, good or bad
  std::uint64_t connects = 0;    // ways that came into being, in and out
  std::uint64_t reconnects = 0;  // of these, of a peer that had had one
  std::uint64_t unsent = 0;      // frames for which there was no way, or no room
  std::array<std::uint64_t, hub_refusal_count> refused{};
};

class Hub {
 public:
  static Result<std::unique_ptr<Hub>> start(HubOptions options, HubHandlers handlers);
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // tcp://ADDRESS:PORT, port 0: any free one. The endpoint as it is.
  Result<std::string> bind(const std::string& endpoint);
  // `key`: the other's public key; empty: plain. The peer is tried until disconnect(); one that is
  // there already is replaced if endpoint or key are others.
  Result<void> connect(const std::string& peer, const std::string& endpoint,
                       const std::string& key);
  void disconnect(const std::string& peer);
  // Replaces the list of those that may come in; who is in, stays.
  void allow(std::map<std::string, std::string> keys);

  void send(HubPeer to, Frame frame);
  // Runs it on the I/O thread, soon.
  void post(std::function<void()> work);
  // Has tick() called soon. Cheap when it is called often.
  void wake();
  bool on_io_thread() const;

  HubStatistics statistics() const;

 private:
  class Impl;
  explicit Hub(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnstorm::cluster
