// Writes a message as a row of one of the streams `default`, `queries` and `responses` of decode.
#pragma once

#include <cstdint>
#include <optional>

#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "engine/api/batch.hpp"
#include "operators/shape/registered_domain.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/dnstap_fields.hpp"

namespace dnstorm::operators {

// Who is who in a datagram: the side that answers is the source of a response. Refers to it.
struct Ends {
  const IpAddress& client;
  const IpAddress& server;
  std::uint16_t client_port;
  std::uint16_t server_port;
};
Ends ends_of(const capture::packet::Datagram& datagram, bool response);

struct MessageContext {
  TimeNs time;
  bool malformed;
  const capture::packet::Datagram& datagram;
  const capture::dns::Message& message;
  Ends ends;
  std::uint32_t tcp_rtt_us = 0;
  const capture::dnstap::Dnstap* dnstap = nullptr;  // null: a packet
  std::uint8_t kind = 0;  // without dnstap: in which role a server saw it; 0: not known
};

class MessageRowWriter {
 public:
  MessageRowWriter() = default;
  // `schema` may be null (nobody reads the stream; write() must not be called then). `domains` is
  // made if a domain is wanted, and must outlive the writer.
  MessageRowWriter(const Schema* schema, std::optional<RegisteredDomain>& domains);

  void write(const MessageContext& context, RowWriter row) const;
  // Whether write() needs the text of the question's name.
  bool reads_name() const {
    return row_.qname.present() || row_.tld.present() || row_.domain.present();
  }

  // Whether write() needs the records.
  bool reads_records() const { return row_.addresses.present(); }

 private:
  void set_network(const MessageContext& context, RowWriter& row) const;
  void set_header(const capture::dns::Message& message, RowWriter& row) const;
  void set_edns(const capture::dns::Edns& edns, RowWriter& row) const;
  void set_question(const capture::dns::Message& message, RowWriter& row) const;
  void set_addresses(const capture::dns::Message& message, RowWriter& row) const;

  MessageRefs row_;
  DnstapRowWriter dnstap_;
  // Whether a field of the group is wanted: most streams have none of some groups.
  bool network_ = false, header_ = false, edns_ = false, question_ = false;
  RegisteredDomain* domains_ = nullptr;
};

}  // namespace dnstorm::operators
