// What the rows of a message say, put together once for all streams of `decode` that get one.
// Private to this folder. Made once a task and filled again and again; points into the message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/api/batch.hpp"
#include "operators/answer_addresses.hpp"
#include "operators/shape/registered_domain.hpp"
#include "operators/spouts/message_context.hpp"
#include "operators/spouts/row_copies.hpp"

namespace dnstorm::operators {

// The values of fixed width. Some stand at several places: beside what rows of queries, of all
// messages as `match` reads them, and of responses mostly have beside them.
struct MessageCells {
  IpAddress client, server;
  StrCell qname, domain;  // stay empty: where a name lies is another place in each stream
  TimeNs time = 0;
  std::uint16_t qtype = 0;
  bool qr = false;
  std::uint8_t rcode = 0;

  struct Match {
    TimeNs time = 0;
    std::uint64_t txn = 0;
    std::uint32_t size = 0;
    std::uint16_t client_port = 0, server_port = 0, id = 0, qtype = 0;
    std::uint8_t transport = 0;
    bool qr = false;
    std::uint8_t rcode = 0;
  } match;

  struct Response {
    std::uint32_t size = 0;
    std::uint16_t answers = 0, authorities = 0, qtype = 0, qname_length = 0;
    std::uint8_t transport = 0;
    bool qr = false, aa = false, tc = false, rd = false, ra = false;
    std::uint8_t rcode = 0;
  } response;

  struct Rest {
    IpAddress src, dst;
    std::uint32_t tcp_rtt_us = 0;
    std::uint16_t full_rcode = 0, questions = 0, additionals = 0, qclass = 0;
    std::uint8_t ip_version = 0, ttl = 0, opcode = 0, label_count = 0;
    bool ad = false, cd = false, malformed = false;
  } rest;

  struct Edns {
    std::uint16_t size = 0;
    std::uint8_t version = 0;
    bool present = false, dnssec_ok = false, ecs = false, cookie = false, nsid = false;
  } edns;
};
// Which field each of them is.
std::span<const RowCopies::Source> message_cell_sources();

class MessageValues {
 public:
  // What is put together only if somebody reads it.
  struct Wanted {
    bool txn = false, response = false, rest = false, edns = false;
    bool domain = false, tld = false, addresses = false;
    Wanted operator|(const Wanted& other) const;
  };

  // Before the first read() that wants domains.
  void open_domains() {
    if (!domains_) domains_.emplace();
  }
  // Asks for what read() will look at.
  void prefetch(const capture::dns::Message& message) const {
    if (domains_) domains_->prefetch(message.qname_hash);
  }
  void read(const MessageContext& context, const Wanted& wanted);

  const MessageCells& cells() const { return cells_; }
  // The first question's name; without one there are no names.
  bool has_names() const { return message_->has_question; }
  std::string_view qname() const { return message_->qname; }
  std::uint64_t qname_hash() const { return message_->qname_hash; }
  // Ends of the name.
  const RegisteredDomain::Domain& domain() const { return domain_; }
  const RegisteredDomain::Domain& tld() const { return tld_; }
  // All options, as on the wire.
  std::span<const std::uint8_t> edns_options() const;
  std::span<const std::uint8_t> addresses() const { return addresses_.bytes(); }
  const capture::dnstap::Dnstap* dnstap() const { return dnstap_; }

 private:
  void read_edns(const capture::dns::Edns& edns);
  void read_tld();
  void read_addresses();

  MessageCells cells_;
  const capture::dns::Message* message_ = nullptr;
  const capture::dnstap::Dnstap* dnstap_ = nullptr;
  RegisteredDomain::Domain domain_{}, tld_{};
  std::optional<RegisteredDomain> domains_;
  AddressPacker addresses_;
};

}  // namespace dnstorm::operators
