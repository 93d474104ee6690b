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

void set_network(const MessageContext& context, MessageCells& __restrict to) {
  const capture::packet::Datagram& datagram = context.datagram;
  to.time = context.time;
  to.malformed = context.malformed;
  to.tcp_rtt_us = context.tcp_rtt_us;
  to.client = context.ends.client;
  to.server = context.ends.server;
  to.client_port = context.ends.client_port;
  to.server_port = context.ends.server_port;
  to.src = datagram.src;
  to.dst = datagram.dst;
  to.transport = datagram.protocol;
  to.ttl = datagram.ttl;
  to.ip_version = datagram.v6 ? 6 : 4;
}

void set_message(const dns::Message& message, MessageCells& __restrict to) {
  to.size = static_cast<std::uint32_t>(message.wire.size());
  to.id = message.id;
  to.qr = message.qr;
  to.flags = static_cast<const dns::HeaderFlags&>(message);
  to.opcode = message.opcode;
  to.rcode = message.rcode;
  to.full_rcode = message.full_rcode();
  to.questions = message.question_count;
  to.answers = message.answer_count;
  to.authorities = message.authority_count;
  to.additionals = message.additional_count;
}

// Of a question that is cut off, what was read of it is no answer to what was asked.
void set_question(const dns::Message& message, MessageCells& __restrict to) {
  bool whole = message.has_question;
  to.qtype = whole ? message.qtype : std::uint16_t{0};
  to.qclass = whole ? message.qclass : std::uint16_t{0};
  to.qname_length = whole ? message.qname_wire_length : std::uint16_t{0};
  to.label_count = whole ? message.qname_labels : std::uint8_t{0};
}

}  // namespace

std::span<const RowCopies::Source> message_cell_sources() {
  using Cells = MessageCells;
  static constexpr RowCopies::Source sources[] = {
      {"time", offsetof(Cells, time)},
      {"src", offsetof(Cells, src)},
      {"dst", offsetof(Cells, dst)},
      {"client", offsetof(Cells, client)},
      {"server", offsetof(Cells, server)},
      {"client_port", offsetof(Cells, client_port)},
      {"server_port", offsetof(Cells, server_port)},
      {"ip_version", offsetof(Cells, ip_version)},
      {"transport", offsetof(Cells, transport)},
      {"ttl", offsetof(Cells, ttl)},
      {"size", offsetof(Cells, size)},
      {"id", offsetof(Cells, id)},
      {"qr", offsetof(Cells, qr)},
      {"opcode", offsetof(Cells, opcode)},
      {"aa", offsetof(Cells, flags.aa)},
      {"tc", offsetof(Cells, flags.tc)},
      {"rd", offsetof(Cells, flags.rd)},
      {"ra", offsetof(Cells, flags.ra)},
      {"ad", offsetof(Cells, flags.ad)},
      {"cd", offsetof(Cells, flags.cd)},
      {"rcode", offsetof(Cells, rcode)},
      {"full_rcode", offsetof(Cells, full_rcode)},
      {"questions", offsetof(Cells, questions)},
      {"answers", offsetof(Cells, answers)},
      {"authorities", offsetof(Cells, authorities)},
      {"additionals", offsetof(Cells, additionals)},
      {"qname", offsetof(Cells, qname)},
      {"qtype", offsetof(Cells, qtype)},
      {"qclass", offsetof(Cells, qclass)},
      {"qname_length", offsetof(Cells, qname_length)},
      {"label_count", offsetof(Cells, label_count)},
      {"domain", offsetof(Cells, domain)},
      {"edns", offsetof(Cells, edns.present)},
      {"edns_version", offsetof(Cells, edns.version)},
      {"edns_size", offsetof(Cells, edns.size)},
      {"do", offsetof(Cells, edns.dnssec_ok)},
      {"ecs", offsetof(Cells, edns.ecs)},
      {"cookie", offsetof(Cells, edns.cookie)},
      {"nsid", offsetof(Cells, edns.nsid)},
      {"malformed", offsetof(Cells, malformed)},
      {"tcp_rtt_us", offsetof(Cells, tcp_rtt_us)},
      {"txn", offsetof(Cells, txn)},
  };
  return sources;
}

MessageValues::Wanted MessageValues::Wanted::operator|(const Wanted& other) const {
  return {txn || other.txn, edns || other.edns, domain || other.domain, tld || other.tld,
          addresses || other.addresses};
}

void MessageValues::read(const MessageContext& context, const Wanted& wanted) {
  message_ = &context.message;
  dnstap_ = context.dnstap;
  set_network(context, cells_);
  set_message(context.message, cells_);
  set_question(context.message, cells_);
  if (wanted.txn) cells_.txn = transaction_hash(context);
  if (wanted.edns) read_edns(context.message.edns);
  if (wanted.addresses) read_addresses();
  if (context.message.has_question) read_names(wanted);
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

void MessageValues::read_names(const Wanted& wanted) {
  if (wanted.tld) {
    std::string_view label = last_label(message_->qname);
    tld_ = {label, hash_bytes(label)};
  }
  if (wanted.domain) domain_ = domains_->of(message_->qname, message_->qname_hash);
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
