#include "operators/spouts/message_values.hpp"

#include <cstddef>
#include <cstring>

#include "capture/dns/codes.hpp"

namespace dnstorm::operators {

namespace dns = capture::dns;

namespace {

// 64 x 64 -> 128 bits, both halves put together: the step of wyhash and XXH3.
std::uint64_t fold_product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
// Bits without a pattern (the fractions of square roots of primes, as SHA-2 has them).
constexpr std::uint64_t odd[] = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
                                 0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f};

// `kind`: a dnstap::MessageKind; messages of different kinds never belong together. 0: a packet.
std::uint64_t transaction_hash(const Ends& ends, std::uint16_t id, std::uint8_t protocol,
                               std::uint8_t kind) {
  std::uint64_t word[5];
  std::memcpy(word, ends.client.bytes.data(), 16);
  std::memcpy(word + 2, ends.server.bytes.data(), 16);
  word[4] = std::uint64_t{ends.client_port} << 48 | std::uint64_t{ends.server_port} << 32 |
            std::uint64_t{id} << 16 | std::uint64_t{kind} << 8 | protocol;
  std::uint64_t hosts = fold_product(word[0] ^ odd[0], word[1] ^ odd[1]) ^
                        fold_product(word[2] ^ odd[2], word[3] ^ odd[3]);
  return hash_number(hosts ^ fold_product(word[4] ^ odd[4], odd[5]));
}
std::uint64_t transaction_hash(const MessageContext& context) {
  std::uint8_t kind = context.kind;
  if (context.dnstap != nullptr)
    kind = static_cast<std::uint8_t>(capture::dnstap::kind_of(context.dnstap->type));
  return transaction_hash(context.ends, context.message.id, context.datagram.protocol, kind);
}

std::string_view last_label(std::string_view name) {
  if (name.size() <= 1) return name;
  return name.substr(name.rfind('.') + 1);
}

// A question that is cut off was not asked.
std::uint16_t qtype_of(const dns::Message& message) {
  return message.has_question ? message.qtype : std::uint16_t{0};
}

void set_common(const MessageContext& context, MessageCells& __restrict to) {
  const dns::Message& message = context.message;
  to.client = context.ends.client;
  to.server = context.ends.server;
  to.time = to.match.time = context.time;
  to.match.size = static_cast<std::uint32_t>(message.wire.size());
  to.match.client_port = context.ends.client_port;
  to.match.server_port = context.ends.server_port;
  to.match.id = message.id;
  to.qtype = to.match.qtype = qtype_of(message);
  to.match.transport = context.datagram.protocol;
  to.qr = to.match.qr = message.qr;
  to.rcode = to.match.rcode = message.rcode;
}

void set_response(const MessageContext& context, MessageCells::Response& __restrict to) {
  const dns::Message& message = context.message;
  to.size = static_cast<std::uint32_t>(message.wire.size());
  to.answers = message.answer_count;
  to.authorities = message.authority_count;
  to.qtype = qtype_of(message);
  to.qname_length = message.has_question ? message.qname_wire_length : std::uint16_t{0};
  to.transport = context.datagram.protocol;
  to.qr = message.qr;
  to.aa = message.aa;
  to.tc = message.tc;
  to.rd = message.rd;
  to.ra = message.ra;
  to.rcode = message.rcode;
}

void set_rest(const MessageContext& context, MessageCells::Rest& __restrict to) {
  const dns::Message& message = context.message;
  to.src = context.datagram.src;
  to.dst = context.datagram.dst;
  to.tcp_rtt_us = context.tcp_rtt_us;
  to.full_rcode = message.full_rcode();
  to.questions = message.question_count;
  to.additionals = message.additional_count;
  to.qclass = message.has_question ? message.qclass : std::uint16_t{0};
  to.ip_version = context.datagram.v6 ? 6 : 4;
  to.ttl = context.datagram.ttl;
  to.opcode = message.opcode;
  to.label_count = message.has_question ? message.qname_labels : std::uint8_t{0};
  to.ad = message.ad;
  to.cd = message.cd;
  to.malformed = context.malformed;
}

}  // namespace

std::span<const RowCopies::Source> message_cell_sources() {
  using Cells = MessageCells;
  static constexpr RowCopies::Source sources[] = {
      {"client", offsetof(Cells, client)},
      {"server", offsetof(Cells, server)},
      {"qname", offsetof(Cells, qname)},
      {"domain", offsetof(Cells, domain)},
      {"time", offsetof(Cells, time)},
      {"qtype", offsetof(Cells, qtype)},
      {"qr", offsetof(Cells, qr)},
      {"rcode", offsetof(Cells, rcode)},
      {"time", offsetof(Cells, match.time)},
      {"txn", offsetof(Cells, match.txn)},
      {"size", offsetof(Cells, match.size)},
      {"client_port", offsetof(Cells, match.client_port)},
      {"server_port", offsetof(Cells, match.server_port)},
      {"id", offsetof(Cells, match.id)},
      {"qtype", offsetof(Cells, match.qtype)},
      {"transport", offsetof(Cells, match.transport)},
      {"qr", offsetof(Cells, match.qr)},
      {"rcode", offsetof(Cells, match.rcode)},
      {"size", offsetof(Cells, response.size)},
      {"answers", offsetof(Cells, response.answers)},
      {"authorities", offsetof(Cells, response.authorities)},
      {"qtype", offsetof(Cells, response.qtype)},
      {"qname_length", offsetof(Cells, response.qname_length)},
      {"transport", offsetof(Cells, response.transport)},
      {"qr", offsetof(Cells, response.qr)},
      {"aa", offsetof(Cells, response.aa)},
      {"tc", offsetof(Cells, response.tc)},
      {"rd", offsetof(Cells, response.rd)},
      {"ra", offsetof(Cells, response.ra)},
      {"rcode", offsetof(Cells, response.rcode)},
      {"src", offsetof(Cells, rest.src)},
      {"dst", offsetof(Cells, rest.dst)},
      {"tcp_rtt_us", offsetof(Cells, rest.tcp_rtt_us)},
      {"full_rcode", offsetof(Cells, rest.full_rcode)},
      {"questions", offsetof(Cells, rest.questions)},
      {"additionals", offsetof(Cells, rest.additionals)},
      {"qclass", offsetof(Cells, rest.qclass)},
      {"ip_version", offsetof(Cells, rest.ip_version)},
      {"ttl", offsetof(Cells, rest.ttl)},
      {"opcode", offsetof(Cells, rest.opcode)},
      {"label_count", offsetof(Cells, rest.label_count)},
      {"ad", offsetof(Cells, rest.ad)},
      {"cd", offsetof(Cells, rest.cd)},
      {"malformed", offsetof(Cells, rest.malformed)},
      {"edns", offsetof(Cells, edns.present)},
      {"edns_version", offsetof(Cells, edns.version)},
      {"edns_size", offsetof(Cells, edns.size)},
      {"do", offsetof(Cells, edns.dnssec_ok)},
      {"ecs", offsetof(Cells, edns.ecs)},
      {"cookie", offsetof(Cells, edns.cookie)},
      {"nsid", offsetof(Cells, edns.nsid)},
  };
  return sources;
}

MessageValues::Wanted MessageValues::Wanted::operator|(const Wanted& other) const {
  return {txn || other.txn,
          response || other.response,
          rest || other.rest,
          edns || other.edns,
          domain || other.domain,
          tld || other.tld,
          addresses || other.addresses};
}

void MessageValues::read(const MessageContext& context, const Wanted& wanted) {
  const dns::Message& message = context.message;
  message_ = &message;
  dnstap_ = context.dnstap;
  set_common(context, cells_);
  if (wanted.txn) cells_.match.txn = transaction_hash(context);
  if (wanted.response) set_response(context, cells_.response);
  if (wanted.rest) set_rest(context, cells_.rest);
  if (wanted.edns) read_edns(message.edns);
  if (wanted.addresses) read_addresses();
  if (wanted.tld) read_tld();
  if (wanted.domain && message.has_question)
    domain_ = domains_->of(message.qname, message.qname_hash);
}

void MessageValues::read_edns(const dns::Edns& edns) {
  cells_.edns = {};
  if (!edns.present) return;
  cells_.edns.present = true;
  cells_.edns.version = edns.version;
  cells_.edns.size = edns.udp_size;
  cells_.edns.dnssec_ok = edns.dnssec_ok;
  for (const dns::EdnsOption& option : edns.options) {
    if (option.code == dns::edns_option::ecs) cells_.edns.ecs = true;
    if (option.code == dns::edns_option::cookie) cells_.edns.cookie = true;
    if (option.code == dns::edns_option::nsid) cells_.edns.nsid = true;
  }
}

void MessageValues::read_tld() {
  std::string_view label = last_label(message_->qname);
  tld_ = {label, hash_bytes(label)};
}

void MessageValues::read_addresses() {
  addresses_.clear();
  for (const dns::Record& record : message_->records) {
    if (record.section != dns::Section::answer) break;
    if (record.dns_class != dns::dns_class::in) continue;
    const std::uint8_t* data = message_->wire.data() + record.rdata_offset;
    if (record.type == dns::type::a && record.rdata_length == 4)
      addresses_.add(record.ttl, IpAddress::v4(data));
    else if (record.type == dns::type::aaaa && record.rdata_length == 16)
      addresses_.add(record.ttl, IpAddress::v6(data));
  }
}

// Options lie one behind the other, each behind its code and its length.
std::span<const std::uint8_t> MessageValues::edns_options() const {
  constexpr std::size_t head = 4;
  const auto& options = message_->edns.options;
  if (options.empty()) return {};
  const std::uint8_t* first = options.front().data.data() - head;
  return {first, options.back().data.data() + options.back().data.size()};
}

}  // namespace dnstorm::operators
