// The links of a worker to the other workers of its incarnation: engine events out and in, exactly
// once and in order, over the sockets of a hub of its own.
//
//   auto links = DataLinks::start(options, handlers);   // listens: endpoint()
//   (*links)->set_peers(peers);                         // all are prepared: links are made
//   (*links)->send(peer, event);                        // any thread; encodes on it
//   destructor                                          // after all that is to arrive has: idle()
//
// One link a pair: the side whose name is less is connected to by the other. Events go in the order
// in which a thread gives them to send(); credits and acks overtake rows. Nothing here holds a
// sender up: what waits is bounded by the engine's credits, and visible (outbox_bytes).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/link/link_end.hpp"
#include "cluster/model/config.hpp"
#include "cluster/wire/event_codec.hpp"
#include "cluster/wire/hub.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

struct DataLinksOptions {
  std::string endpoint = "tcp://127.0.0.1:0";
  std::vector<PortRange> ports;  // to take a port from instead of the endpoint's
  HubOptions hub;    // `identity`: the node's name
  LinkOptions link;  // `incarnation`, `session`
  EncodeOptions encode;
};

struct DataPeer {
  std::string node;
  std::string endpoint;
  std::string key;  // its public key; empty: plain
};
using PeerIndex = std::uint32_t;  // as set_peers() was given them

// Called on the I/O thread.
struct DataHandlers {
  // What has arrived; its tasks are in range only as far as `schema` knows them.
  std::function<void(PeerIndex from, WireMessage message)> message;
  // The schema of an input of a task of this worker; null: there is none.
  std::function<SchemaPtr(runtime::TaskIndex to, std::uint32_t input)> schema;
  // A peer is there, or is not; for the log.
  std::function<void(PeerIndex peer, bool connected)> connection;
  // A peer refuses us; for the log.
  std::function<void(const std::string& why)> refused;
  // What a peer sent cannot be read: a bug or another version. The worker is to end.
  std::function<void(PeerIndex from, DecodeError error)> undecodable;
};

struct DataLinkStatistics {
  LinkStatistics link;
  bool connected = false;
  std::uint64_t messages_sent = 0;
  std::uint64_t bytes_unpacked = 0;  // of the messages sent, before zstd
  std::uint64_t bytes_packed = 0;    // and after
  std::array<std::uint64_t, decode_error_count> undecodable{};
};

class DataLinks {
 public:
  static Result<std::unique_ptr<DataLinks>> start(DataLinksOptions options, DataHandlers handlers);
  ~DataLinks();

  // Where it listens: tcp://ADDRESS:PORT with the address of `options.endpoint`.
  const std::string& endpoint() const;
  // Once; before the first send().
  Result<void> set_peers(std::vector<DataPeer> peers);
  // Fails with kind `data` if it is larger than a link takes.
  Result<void> send(PeerIndex to, const runtime::Event& event);
  Result<void> send(PeerIndex to, const runtime::Credit& credit);
  Result<void> send(PeerIndex to, const runtime::Acks& acks);

  bool connected(PeerIndex peer) const;
  // Bytes given to send() that are not on the way yet.
  std::size_t outbox_bytes(PeerIndex peer) const;
  // All that was given to send() has been acknowledged.
  bool idle() const;
  DataLinkStatistics statistics(PeerIndex peer) const;
  HubStatistics hub_statistics() const;
  // Frames of those that are no peers.
  std::uint64_t strangers() const;

 private:
  class Impl;
  explicit DataLinks(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace dnstorm::cluster
