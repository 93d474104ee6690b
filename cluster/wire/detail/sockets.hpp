// Sockets of ZeroMQ with the settings that all of a hub share, and what is read from them. Used by
// the I/O thread.
#pragma once

#include <optional>
#include <string>
#include <zmq.hpp>

#include "cluster/link/frame.hpp"
#include "cluster/wire/hub.hpp"

namespace dnstorm::cluster::detail {

Buffer to_buffer(zmq::message_t message);
// Small ones are copied: that costs less than to count who holds them.
zmq::message_t to_message(const Buffer& buffer);

zmq::socket_t make_router(zmq::context_t& context, const HubOptions& options);
zmq::socket_t make_dealer(zmq::context_t& context, const HubOptions& options,
                          const std::string& endpoint, const std::string& server_key);
bool is_loopback(const std::string& endpoint);

// What happens to the connections of a socket.
class Monitor {
 public:
  struct Event {
    int kind = 0;   // ZMQ_EVENT_*
    int value = 0;  // descriptor or error
  };
  // `name`: unique in the context. Ends before the socket that it watches.
  Monitor(zmq::context_t& context, zmq::socket_t& watched, const std::string& name);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor();
  std::optional<Event> next();
  void* handle() { return pair_.handle(); }

 private:
  void* watched_;
  zmq::socket_t pair_;
};

// Answers who may come in (ZAP, RFC 27), for all sockets of the context.
class Gate {
 public:
  Gate(zmq::context_t& context, const HubOptions& options);
  void allow(const std::map<std::string, std::string>& keys);
  // Answers one request, if there is one. False: there was none. `refused`: it was a foreign key.
  bool answer(bool& refused);
  void* handle() { return socket_.handle(); }

 private:
  zmq::socket_t socket_;
  bool plain_;
  std::map<std::string, std::string> names_;  // by public key, as bytes
};

}  // namespace dnstorm::cluster::detail
