#include "operators/spouts/cdns_messages.hpp"

#include <cstring>

#include "capture/dnstap/message.hpp"
#include "operators/spouts/dnstap_fields.hpp"

namespace dnstorm::operators {

namespace cdns = capture::cdns;
namespace dnstap = capture::dnstap;

namespace {

// As memory holds it: rows do not outlive the program.
struct Head {
  std::uint8_t src[16];
  std::uint8_t dst[16];
  std::uint16_t src_port;
  std::uint16_t dst_port;
  std::uint8_t what;  // cdns::Rebuilt
  std::uint8_t transport;
  std::uint8_t role_and_flags;
  std::uint8_t ttl;
};
static_assert(sizeof(Head) == cdns_head_bytes);

constexpr std::uint8_t flag_response = 0x80;
constexpr std::uint8_t flag_v6 = 0x40;
constexpr std::uint8_t role_bits = 0x0f;

// As the field `transport` numbers them; what dnstap's schema does not name has 255, which no IP
// protocol has.
std::uint8_t transport_number(std::uint8_t number) {
  switch (static_cast<cdns::Transport>(number)) {
    case cdns::Transport::udp:
      return transport_of(dnstap::SocketProtocol::udp);
    case cdns::Transport::tcp:
      return transport_of(dnstap::SocketProtocol::tcp);
    case cdns::Transport::tls:
      return transport_of(dnstap::SocketProtocol::dot);
    case cdns::Transport::https:
      return transport_of(dnstap::SocketProtocol::doh);
    case cdns::Transport::dtls:
    case cdns::Transport::other:
      break;
  }
  return 255;
}

}  // namespace

void put_cdns_message(const cdns::CapturedMessage& message, cdns::Rebuilt what, std::uint8_t* to) {
  Head head{};
  if (message.has_src) std::memcpy(head.src, message.src.bytes.data(), sizeof head.src);
  if (message.has_dst) std::memcpy(head.dst, message.dst.bytes.data(), sizeof head.dst);
  head.src_port = message.src_port;
  head.dst_port = message.dst_port;
  head.what = static_cast<std::uint8_t>(what);
  head.transport = static_cast<std::uint8_t>(message.transport);
  auto flags = static_cast<std::uint8_t>((message.response ? flag_response : 0) |
                                         (message.v6 ? flag_v6 : 0));
  head.role_and_flags = static_cast<std::uint8_t>(flags | static_cast<std::uint8_t>(message.role));
  head.ttl = message.ttl;
  std::memcpy(to, &head, sizeof head);
  if (!message.wire.empty())
    std::memcpy(to + sizeof head, message.wire.data(), message.wire.size());
}

CdnsMessage read_cdns_message(std::span<const std::uint8_t> bytes, capture::packet::Datagram& out) {
  out.reset();
  Head head;
  if (bytes.size() < sizeof head) return {};
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.what >= cdns::rebuilt_count) return {};
  CdnsMessage message;
  message.what = static_cast<cdns::Rebuilt>(head.what);
  message.response = (head.role_and_flags & flag_response) != 0;
  std::memcpy(out.src.bytes.data(), head.src, sizeof head.src);
  std::memcpy(out.dst.bytes.data(), head.dst, sizeof head.dst);
  out.src_port = head.src_port;
  out.dst_port = head.dst_port;
  out.has_ports = true;
  out.v6 = (head.role_and_flags & flag_v6) != 0;
  out.protocol = transport_number(head.transport);
  out.ttl = head.ttl;
  out.payload = bytes.subspan(sizeof head);
  auto role = static_cast<cdns::Role>(head.role_and_flags & role_bits);
  if (role < cdns::Role::none) message.kind = static_cast<std::uint8_t>(role) + 1;
  // As of dnstap frames: the port that a server asked others from cannot be relied on there.
  if (role == cdns::Role::resolver || role == cdns::Role::forwarder)
    (message.response ? out.dst_port : out.src_port) = 0;
  return message;
}

}  // namespace dnstorm::operators
