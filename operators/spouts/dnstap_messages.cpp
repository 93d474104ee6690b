#include "operators/spouts/dnstap_messages.hpp"

#include "operators/spouts/dnstap_fields.hpp"

namespace dnstorm::operators {

namespace dnstap = capture::dnstap;

Ends datagram_of(const dnstap::Dnstap& frame, std::span<const std::uint8_t> message, bool response,
                 capture::packet::Datagram& out) {
  IpAddress& client = response ? out.dst : out.src;
  IpAddress& server = response ? out.src : out.dst;
  client = dnstap::to_ip(frame.query_address).value_or(IpAddress{});
  server = dnstap::to_ip(frame.response_address).value_or(IpAddress{});
  dnstap::MessageKind kind = dnstap::kind_of(frame.type);
  bool asks_others =
      kind == dnstap::MessageKind::resolver || kind == dnstap::MessageKind::forwarder;
  std::uint16_t client_port = asks_others ? std::uint16_t{0} : frame.query_port;
  out.src_port = response ? frame.response_port : client_port;
  out.dst_port = response ? client_port : frame.response_port;
  out.has_ports = true;
  out.v6 = frame.family == dnstap::SocketFamily::inet6 ||
           (frame.family == dnstap::SocketFamily::none && frame.query_address.size() == 16);
  out.protocol = transport_of(frame.protocol);
  out.ttl = 0;
  out.payload = message;
  return {client, server, client_port, frame.response_port};
}

}  // namespace dnstorm::operators
