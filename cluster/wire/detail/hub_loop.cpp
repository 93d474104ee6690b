#include "cluster/wire/detail/hub_loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace dnstorm::cluster::detail {
namespace {

// Frames taken from a socket before the others have their turn.
constexpr int turn = 64;
// Without a word of a socket that is to connect.
constexpr DurationNs silence_max = 5 * ns_per_s;

int descriptor_of(zmq::message_t& message) {
  // Undocumented but stable: ZeroMQ's own ZMQ_SRCFD is read from it.
  const char* text = zmq_msg_gets(message.handle(), "__fd");
  return text == nullptr ? -1 : std::atoi(text);
}

std::string property(zmq::message_t& message, const char* name) {
  const char* text = zmq_msg_gets(message.handle(), name);
  return text == nullptr ? "" : text;
}

// A key's name may be used as it is, or with a suffix where one machine has several processes.
bool may_call_itself(const std::string& identity, const std::string& user) {
  return identity == user || identity.starts_with(user + "/");
}

}  // namespace

HubLoop::HubLoop(const HubOptions& options, const HubHandlers& handlers, HubCounters& counters)
    : options_(options), handlers_(handlers), counters_(counters), gate_(context_, options) {
  context_.set(zmq::ctxopt::blocky, 0);
}

Result<std::string> HubLoop::bind(const std::string& endpoint) {
  if (options_.keys.empty() && !options_.allow_plain && !is_loopback(endpoint))
    return Error{ErrorKind::config,
                 fmt::format("{} can be reached from other machines, and there are no keys: make "
                             "some by 'dnstorm keygen', or listen on 127.0.0.1",
                             endpoint),
                 {}};
  try {
    if (router_.handle() == nullptr) {
      router_ = make_router(context_, options_);
      router_monitor_ = std::make_unique<Monitor>(context_, router_, "monitor-router");
    }
    router_.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
    router_.bind(endpoint);
    return router_.get(zmq::sockopt::last_endpoint);
  } catch (const zmq::error_t& error) {
    std::string_view hint = error.num() == EADDRINUSE ? "; is another dnstorm running there?" : "";
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot listen on {}: {}{}", endpoint, error.what(), hint),
                 {}};
  }
}

Result<void> HubLoop::connect(const std::string& peer, const std::string& endpoint,
                              const std::string& key) {
  if (options_.keys.empty() != key.empty())
    return Error{ErrorKind::config,
                 fmt::format("{} ({}) is connected with keys on one side only: both need keys, or "
                             "neither",
                             peer, endpoint),
                 {}};
  auto known = outbound_.find(peer);
  if (known != outbound_.end() && known->second->endpoint == endpoint && known->second->key == key)
    return {};
  disconnect(peer);
  auto out = std::make_shared<Outbound>();
  out->endpoint = endpoint;
  out->key = key;
  DNSTORM_CHECK(open(peer, *out));
  outbound_.emplace(peer, std::move(out));
  return {};
}

Result<void> HubLoop::open(const std::string& peer, Outbound& out) {
  try {
    out.socket = make_dealer(context_, options_, out.endpoint, out.key);
    out.monitor =
        std::make_unique<Monitor>(context_, out.socket, fmt::format("monitor-{}", ++monitors_));
    out.socket.connect(out.endpoint);
  } catch (const zmq::error_t& error) {
    return Error{ErrorKind::unavailable,
                 fmt::format("cannot connect to {} at {}: {}", peer, out.endpoint, error.what()),
                 {}};
  }
  out.renew_at = clock_.steady_ns() + silence_max;
  return {};
}

void HubLoop::renew(TimeNs now) {
  for (auto& [peer, out] : outbound_) {
    if (out->renew_at > now) continue;
    auto fresh = std::make_shared<Outbound>();
    fresh->endpoint = out->endpoint;
    fresh->key = out->key;
    fresh->had_way = out->had_way;
    // Its address in use, or no descriptor left: later.
    if (auto opened = open(peer, *fresh); !opened.ok())
      out->renew_at = now + silence_max;
    else
      out = std::move(fresh);
  }
}

void HubLoop::disconnect(const std::string& peer) {
  auto out = outbound_.find(peer);
  if (out == outbound_.end()) return;
  bool was = out->second->connected;
  outbound_.erase(out);
  if (was && handlers_.disconnected) handlers_.disconnected({peer, false});
}

bool HubLoop::put(zmq::socket_t& socket, const std::string* identity, const Frame& frame) {
  using zmq::send_flags;
  constexpr auto more = send_flags::sndmore | send_flags::dontwait;
  // Only the first part can find no room or no way: the others belong to it.
  if (identity != nullptr && !socket.send(zmq::buffer(*identity), more)) return false;
  zmq::message_t head = to_message(frame.head);
  if (!socket.send(head, frame.parts.empty() ? send_flags::dontwait : more)) return false;
  for (std::size_t i = 0; i < frame.parts.size(); ++i) {
    zmq::message_t part = to_message(frame.parts[i]);
    std::ignore = socket.send(part, i + 1 < frame.parts.size() ? more : send_flags::dontwait);
  }
  return true;
}

void HubLoop::send(const HubPeer& to, const Frame& frame) {
  bool sent = false;
  bool lost = false;
  try {
    if (to.inbound) {
      if (inbound_.contains(to.name)) sent = put(router_, &to.name, frame);
    } else if (auto out = outbound_.find(to.name);
               out != outbound_.end() && out->second->connected) {
      sent = put(out->second->socket, nullptr, frame);
    }
  } catch (const zmq::error_t& error) {
    lost = error.num() == EHOSTUNREACH;
  }
  if (sent) {
    ++counters_.frames_out;
    counters_.bytes_out += frame.size();
    return;
  }
  ++counters_.unsent;
  if (lost) lose_inbound(to.name);
}

void HubLoop::lose_inbound(const std::string& identity) {
  auto in = inbound_.find(identity);
  if (in == inbound_.end()) return;
  HubPeer peer{identity, true};  // `identity` may be a key of what is erased
  identities_.erase(in->second.fd);
  inbound_.erase(in);
  if (handlers_.disconnected) handlers_.disconnected(peer);
}

// Who sends this, and whether it may; a new connection, or another one of the same peer.
bool HubLoop::greet(const std::string& identity, zmq::message_t& message, std::string& user) {
  int fd = descriptor_of(message);
  auto in = inbound_.find(identity);
  if (in != inbound_.end() && in->second.fd == fd) {
    user = in->second.user;
    return true;
  }
  user = property(message, "User-Id");
  if (!options_.keys.empty() && !may_call_itself(identity, user)) {
    counters_.refuse(HubRefusal::foreign_identity);
    return false;
  }
  lose_inbound(identity);
  // Its descriptor may have been another's, whose end has not been read yet.
  if (auto old = identities_.find(fd); old != identities_.end())
    lose_inbound(std::string(old->second));
  inbound_[identity] = {fd, user};
  identities_[fd] = identity;
  ++counters_.connects;
  if (!had_inbound_.emplace(identity, true).second) ++counters_.reconnects;
  if (handlers_.connected) handlers_.connected({identity, true});
  return true;
}

// The parts of a message from `first` on. False: it is too large, and passed over.
bool HubLoop::read_frame(zmq::socket_t& socket, zmq::message_t& first, Frame& frame) {
  bool more = first.more();
  std::size_t size = first.size();
  frame.head = to_buffer(std::move(first));
  while (more) {
    zmq::message_t part;
    if (!socket.recv(part, zmq::recv_flags::dontwait)) break;
    more = part.more();
    size += part.size();
    if (size <= options_.frame_bytes_max) frame.parts.push_back(to_buffer(std::move(part)));
  }
  if (size <= options_.frame_bytes_max) return true;
  counters_.refuse(HubRefusal::too_large);
  return false;
}

void HubLoop::deliver(HubMessage message) {
  ++counters_.frames_in;
  counters_.bytes_in += message.frame.size();
  if (handlers_.message) handlers_.message(std::move(message));
}

void HubLoop::read_router() {
  for (int i = 0; i < turn; ++i) {
    zmq::message_t identity;
    if (!router_.recv(identity, zmq::recv_flags::dontwait)) return;
    if (!identity.more()) continue;
    zmq::message_t first;
    if (!router_.recv(first, zmq::recv_flags::dontwait)) return;
    std::string name = identity.to_string();
    HubMessage message;
    bool allowed = greet(name, first, message.user);
    if (!read_frame(router_, first, message.frame) || !allowed) continue;
    message.from = {std::move(name), true};
    deliver(std::move(message));
  }
}

void HubLoop::read_dealer(const std::string& name, Outbound& out) {
  for (int i = 0; i < turn && out.socket.handle() != nullptr; ++i) {
    zmq::message_t first;
    if (!out.socket.recv(first, zmq::recv_flags::dontwait)) return;
    HubMessage message;
    if (!read_frame(out.socket, first, message.frame)) continue;
    message.from = {name, false};
    if (!options_.keys.empty()) message.user = name;
    deliver(std::move(message));
  }
}

void HubLoop::watch_router() {
  while (auto event = router_monitor_->next()) {
    switch (event->kind) {
      case ZMQ_EVENT_ACCEPTED:
        ++counters_.accepted;
        break;
      case ZMQ_EVENT_ACCEPT_FAILED:
        counters_.refuse(HubRefusal::accept_failed);
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        counters_.refuse(HubRefusal::unfinished_handshake);
        break;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        counters_.refuse(event->value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH
                             ? HubRefusal::no_key
                             : HubRefusal::bad_handshake);
        break;
      case ZMQ_EVENT_DISCONNECTED:
        if (auto peer = identities_.find(event->value); peer != identities_.end())
          lose_inbound(std::string(peer->second));
        else
          counters_.refuse(HubRefusal::closed_silent);
        break;
      default:
        break;
    }
  }
}

void HubLoop::hear_of(const HubPeer& peer, Outbound& out, Monitor::Event event) {
  auto refused = [&](const char* why) {
    out.renew_at = clock_.steady_ns() + options_.reconnect_max;
    if (handlers_.refused)
      handlers_.refused(peer, fmt::format("{} at {} {}", peer.name, out.endpoint, why));
  };
  switch (event.kind) {
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      // Asked for its events, the socket learns of its new connection.
      std::ignore = out.socket.get(zmq::sockopt::events);
      out.connected = true;
      out.renew_at = time_max;
      ++counters_.connects;
      if (std::exchange(out.had_way, true)) ++counters_.reconnects;
      if (handlers_.connected) handlers_.connected(peer);
      break;
    case ZMQ_EVENT_CONNECTED:
    case ZMQ_EVENT_CONNECT_DELAYED:
    case ZMQ_EVENT_CONNECT_RETRIED:
      out.renew_at = clock_.steady_ns() + silence_max;
      break;
    case ZMQ_EVENT_DISCONNECTED:
      out.renew_at = std::min(out.renew_at, clock_.steady_ns() + silence_max);
      if (std::exchange(out.connected, false) && handlers_.disconnected)
        handlers_.disconnected(peer);
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      refused("does not know the public key of this node: add it to the list of keys there");
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      refused("speaks without keys, or has other keys than it is known by");
      break;
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      refused("closes the connection: its public key may be another one than is known here");
      break;
    default:
      break;
  }
}

void HubLoop::watch_dealer(const std::string& name, Outbound& out) {
  while (out.monitor) {
    auto event = out.monitor->next();
    if (!event) return;
    hear_of({name, false}, out, *event);
  }
}

std::vector<zmq_pollitem_t> HubLoop::poll_items(int wake_fd) const {
  std::vector<zmq_pollitem_t> items;
  items.push_back({nullptr, wake_fd, ZMQ_POLLIN, 0});
  auto add = [&](void* socket) { items.push_back({socket, 0, ZMQ_POLLIN, 0}); };
  add(const_cast<HubLoop*>(this)->gate_.handle());
  if (router_monitor_) {
    add(router_monitor_->handle());
    add(const_cast<HubLoop*>(this)->router_.handle());
  }
  for (const auto& [name, out] : outbound_) {
    add(out->monitor->handle());
    add(out->socket.handle());
  }
  return items;
}

void HubLoop::work(int wake_fd, DurationNs patience) {
  for (const auto& [peer, out] : outbound_)
    if (out->renew_at != time_max)
      patience = std::min(patience, std::max<TimeNs>(0, out->renew_at - clock_.steady_ns()));
  std::vector<zmq_pollitem_t> items = poll_items(wake_fd);
  // Rounded up: a timer that is not due yet must not be asked again and again.
  DurationNs wait = std::min<DurationNs>(patience / ns_per_ms + 1, 3'600'000);
  if (zmq_poll(items.data(), static_cast<int>(items.size()),
               patience == time_max ? -1
               : patience == 0      ? 0
                                    : wait) < 0)
    return;  // a signal
  // Handlers may connect and disconnect: what is worked on here is held.
  std::vector<std::pair<std::string, std::shared_ptr<Outbound>>> peers(outbound_.begin(),
                                                                       outbound_.end());
  std::size_t at = 1;
  for (bool refused = false; (items[at].revents & ZMQ_POLLIN) != 0 && gate_.answer(refused);)
    if (refused) counters_.refuse(HubRefusal::foreign_key);
  ++at;
  if (router_monitor_ && at + 1 < items.size() && items[at].socket == router_monitor_->handle()) {
    if ((items[at].revents & ZMQ_POLLIN) != 0) watch_router();
    if ((items[at + 1].revents & ZMQ_POLLIN) != 0) read_router();
    at += 2;
  }
  for (auto& [name, out] : peers) {
    if ((items[at].revents & ZMQ_POLLIN) != 0) watch_dealer(name, *out);
    if ((items[at + 1].revents & ZMQ_POLLIN) != 0) read_dealer(name, *out);
    at += 2;
  }
  renew(clock_.steady_ns());
}

HubStatistics HubCounters::read() const {
  HubStatistics out;
  out.frames_in = frames_in;
  out.frames_out = frames_out;
  out.bytes_in = bytes_in;
  out.bytes_out = bytes_out;
  out.accepted = accepted;
  out.connects = connects;
  out.reconnects = reconnects;
  out.unsent = unsent;
  for (std::size_t i = 0; i < hub_refusal_count; ++i) out.refused[i] = refused[i];
  return out;
}

}  // namespace dnstorm::cluster::detail
