#include "cluster/wire/detail/sockets.hpp"

#include <array>

#include "cluster/link/bytes.hpp"

namespace dnstorm::cluster::detail {
namespace {

constexpr std::size_t copied_below = 1024;
constexpr std::string_view zap_domain = "dnstorm";

int ms(DurationNs ns) { return static_cast<int>(ns / ns_per_ms); }

void set_common(zmq::socket_t& socket, const HubOptions& options) {
  using namespace zmq;
  socket.set(sockopt::linger, 0);
  socket.set(sockopt::maxmsgsize, static_cast<std::int64_t>(options.frame_bytes_max));
  socket.set(sockopt::sndhwm, options.high_water);
  socket.set(sockopt::rcvhwm, options.high_water);
  socket.set(sockopt::heartbeat_ivl, ms(options.heartbeat));
  socket.set(sockopt::heartbeat_timeout, ms(options.heartbeat_timeout));
  socket.set(sockopt::heartbeat_ttl, ms(options.heartbeat_timeout));
  socket.set(sockopt::handshake_ivl, ms(options.handshake_timeout));
  if (options.keys.empty()) return;
  socket.set(sockopt::curve_publickey, options.keys.public_key);
  socket.set(sockopt::curve_secretkey, options.keys.secret_key);
}

}  // namespace

Buffer to_buffer(zmq::message_t message) {
  auto held = std::make_shared<zmq::message_t>(std::move(message));
  std::size_t size = held->size();
  const auto* data = held->data<std::uint8_t>();
  return {Block(std::move(held), data), size};
}

zmq::message_t to_message(const Buffer& buffer) {
  if (buffer.size < copied_below) return {buffer.data.get(), buffer.size};
  auto release = [](void*, void* held) { delete static_cast<Block*>(held); };
  // ZeroMQ takes bytes to change them only where it decodes in place, which is not what is sent.
  auto* data = const_cast<std::uint8_t*>(buffer.data.get());
  return {data, buffer.size, release, new Block(buffer.data)};
}

zmq::socket_t make_router(zmq::context_t& context, const HubOptions& options) {
  zmq::socket_t socket(context, zmq::socket_type::router);
  set_common(socket, options);
  socket.set(zmq::sockopt::router_mandatory, true);
  socket.set(zmq::sockopt::router_handover, true);
  socket.set(zmq::sockopt::backlog, 1024);
  // With a domain the gate is asked also where there are no keys, and peers of old protocols, as
  // which garbage may pass, are turned away.
  socket.set(zmq::sockopt::zap_domain, zap_domain);
  if (!options.keys.empty()) socket.set(zmq::sockopt::curve_server, true);
  return socket;
}

zmq::socket_t make_dealer(zmq::context_t& context, const HubOptions& options,
                          const std::string& endpoint, const std::string& server_key) {
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  set_common(socket, options);
  socket.set(zmq::sockopt::routing_id, options.identity);
  // Never `immediate`: with it ZeroMQ ends the pipe of a broken connection at once, and ends the
  // process (fq.cpp: !_more) if a frame of several parts is being read from it just then. So what
  // was queued for a connection goes over the next one; the other end knows it by its numbers.
  socket.set(zmq::sockopt::reconnect_ivl, ms(options.reconnect_first));
  socket.set(zmq::sockopt::reconnect_ivl_max, ms(options.reconnect_max));
  socket.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
  if (!server_key.empty()) socket.set(zmq::sockopt::curve_serverkey, server_key);
  return socket;
}

bool is_loopback(const std::string& endpoint) {
  for (std::string_view local : {"tcp://127.", "tcp://[::1]:", "tcp://localhost:", "ipc://"})
    if (endpoint.starts_with(local)) return true;
  return false;
}

Monitor::Monitor(zmq::context_t& context, zmq::socket_t& watched, const std::string& name)
    : watched_(watched.handle()), pair_(context, zmq::socket_type::pair) {
  constexpr int events = ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_DELAYED |
                         ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_ACCEPT_FAILED |
                         ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                         ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                         ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
  std::string endpoint = "inproc://" + name;
  if (zmq_socket_monitor(watched.handle(), endpoint.c_str(), events) != 0) throw zmq::error_t();
  pair_.set(zmq::sockopt::linger, 0);
  pair_.set(zmq::sockopt::rcvhwm, 0);
  pair_.connect(endpoint);
}

// ZeroMQ's own thread waits until an event is taken: for ever, if the other end of the pair is
// gone, and all connections of the process with it. So it is told before.
Monitor::~Monitor() { zmq_socket_monitor(watched_, nullptr, 0); }

std::optional<Monitor::Event> Monitor::next() {
  zmq::message_t event;
  zmq::message_t endpoint;
  if (!pair_.recv(event, zmq::recv_flags::dontwait)) return std::nullopt;
  if (event.more()) std::ignore = pair_.recv(endpoint, zmq::recv_flags::dontwait);
  if (event.size() < 6) return std::nullopt;
  const auto* data = event.data<std::uint8_t>();
  return Event{load<std::uint16_t>(data), load<std::int32_t>(data + 2)};
}

Gate::Gate(zmq::context_t& context, const HubOptions& options)
    : socket_(context, zmq::socket_type::rep), plain_(options.keys.empty()) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.bind("inproc://zeromq.zap.01");
  allow(options.allowed);
}

void Gate::allow(const std::map<std::string, std::string>& keys) {
  names_.clear();
  for (const auto& [name, key] : keys) {
    std::array<char, 32> bytes{};
    if (!is_key(key)) continue;
    zmq_z85_decode(reinterpret_cast<std::uint8_t*>(bytes.data()), key.c_str());
    names_.emplace(std::string(bytes.data(), bytes.size()), name);
  }
}

bool Gate::answer(bool& refused) {
  // version, request, domain, address, identity, mechanism, credentials
  std::vector<std::string> request;
  zmq::message_t part;
  if (!socket_.recv(part, zmq::recv_flags::dontwait)) return false;
  request.push_back(part.to_string());
  while (part.more()) {
    std::ignore = socket_.recv(part, zmq::recv_flags::dontwait);
    request.push_back(part.to_string());
  }
  std::string user;
  bool good = false;
  if (request.size() >= 6 && request[5] == "NULL") good = plain_;
  if (request.size() >= 7 && request[5] == "CURVE") {
    auto known = names_.find(request[6]);
    good = known != names_.end();
    if (good) user = known->second;
  }
  refused = !good;
  std::string id = request.size() > 1 ? request[1] : "";
  std::array<std::string, 6> reply = {"1.0", id, good ? "200" : "400", good ? "OK" : "not allowed",
                                      user,  ""};
  for (std::size_t i = 0; i < reply.size(); ++i)
    socket_.send(zmq::buffer(reply[i]),
                 i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  return true;
}

}  // namespace dnstorm::cluster::detail
