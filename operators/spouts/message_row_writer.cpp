#include "operators/spouts/message_row_writer.hpp"

#include <cstring>
#include <string_view>

#include "capture/dns/codes.hpp"
#include "operators/answer_addresses.hpp"

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

std::string_view last_label(std::string_view name) {
  if (name.size() <= 1) return name;
  return name.substr(name.rfind('.') + 1);
}

// Options lie one behind the other, each behind its code and its length.
std::span<const std::uint8_t> on_the_wire(const std::vector<dns::EdnsOption>& options) {
  constexpr std::size_t head = 4;
  if (options.empty()) return {};
  const std::uint8_t* first = options.front().data.data() - head;
  return {first, options.back().data.data() + options.back().data.size()};
}

// The end of a string that the row has already: nothing is copied.
void set_end(RowWriter& row, FieldRef<Str> field, FieldRef<Str> whole,
             const RegisteredDomain::Domain& end) {
  StrCell cell;
  std::memcpy(&cell, row.data() + whole.offset, sizeof cell);
  auto size = static_cast<std::uint32_t>(end.name.size());
  cell = {cell.offset + cell.size - size, size, end.hash};
  std::memcpy(row.data() + field.offset, &cell, sizeof cell);
}

}  // namespace

Ends ends_of(const capture::packet::Datagram& d, bool response) {
  if (response) return {d.dst, d.src, d.dst_port, d.src_port};
  return {d.src, d.dst, d.src_port, d.dst_port};
}

MessageRowWriter::MessageRowWriter(const Schema* schema, std::optional<RegisteredDomain>& domains) {
  if (schema == nullptr) return;
  row_ = MessageRefs(*schema);
  dnstap_ = DnstapRowWriter(*schema);
  network_ = row_.any_network();
  header_ = row_.any_header();
  edns_ = row_.any_edns();
  question_ = row_.any_question();
  if (!row_.domain.present()) return;
  if (!domains) domains.emplace();
  domains_ = &*domains;
}

void MessageRowWriter::write(const MessageContext& context, RowWriter row) const {
  row.set(row_.time, context.time);
  row.set(row_.malformed, context.malformed);
  if (network_) set_network(context, row);
  if (header_) set_header(context.message, row);
  if (edns_ && context.message.edns.present) set_edns(context.message.edns, row);
  if (question_ && context.message.has_question) set_question(context.message, row);
  if (row_.addresses.present() && !context.message.records.empty())
    set_addresses(context.message, row);
  if (context.dnstap != nullptr && dnstap_.any()) dnstap_.write(*context.dnstap, row);
}

void MessageRowWriter::set_network(const MessageContext& context, RowWriter& row) const {
  const capture::packet::Datagram& datagram = context.datagram;
  const Ends& ends = context.ends;
  row.set(row_.src, datagram.src);
  row.set(row_.dst, datagram.dst);
  row.set(row_.client, ends.client);
  row.set(row_.server, ends.server);
  row.set(row_.client_port, ends.client_port);
  row.set(row_.server_port, ends.server_port);
  row.set(row_.ip_version, static_cast<std::uint8_t>(datagram.v6 ? 6 : 4));
  row.set(row_.transport, datagram.protocol);
  row.set(row_.ttl, datagram.ttl);
  row.set(row_.size, static_cast<std::uint32_t>(context.message.wire.size()));
  row.set(row_.tcp_rtt_us, context.tcp_rtt_us);
  if (row_.txn.present()) {
    std::uint8_t kind = context.kind;
    if (context.dnstap != nullptr)
      kind = static_cast<std::uint8_t>(capture::dnstap::kind_of(context.dnstap->type));
    row.set(row_.txn, transaction_hash(ends, context.message.id, datagram.protocol, kind));
  }
}

void MessageRowWriter::set_header(const dns::Message& m, RowWriter& row) const {
  row.set(row_.id, m.id);
  row.set(row_.qr, m.qr);
  row.set(row_.opcode, m.opcode);
  row.set(row_.aa, m.aa);
  row.set(row_.tc, m.tc);
  row.set(row_.rd, m.rd);
  row.set(row_.ra, m.ra);
  row.set(row_.ad, m.ad);
  row.set(row_.cd, m.cd);
  row.set(row_.rcode, m.rcode);
  row.set(row_.full_rcode, m.full_rcode());
  row.set(row_.questions, m.question_count);
  row.set(row_.answers, m.answer_count);
  row.set(row_.authorities, m.authority_count);
  row.set(row_.additionals, m.additional_count);
}

void MessageRowWriter::set_edns(const dns::Edns& edns, RowWriter& row) const {
  row.set(row_.edns, true);
  row.set(row_.edns_version, edns.version);
  row.set(row_.edns_size, edns.udp_size);
  row.set(row_.dnssec_ok, edns.dnssec_ok);
  for (const dns::EdnsOption& option : edns.options) {
    if (option.code == dns::edns_option::ecs) row.set(row_.ecs, true);
    if (option.code == dns::edns_option::cookie) row.set(row_.cookie, true);
    if (option.code == dns::edns_option::nsid) row.set(row_.nsid, true);
  }
  if (row_.edns_options.present()) row.set_bytes(row_.edns_options, on_the_wire(edns.options));
}

void MessageRowWriter::set_addresses(const dns::Message& m, RowWriter& row) const {
  AddressPacker packer;
  for (const dns::Record& record : m.records) {
    if (record.section != dns::Section::answer) break;
    if (record.dns_class != dns::dns_class::in) continue;
    const std::uint8_t* data = m.wire.data() + record.rdata_offset;
    IpAddress address;
    if (record.type == dns::type::a && record.rdata_length == 4)
      address = IpAddress::v4(data);
    else if (record.type == dns::type::aaaa && record.rdata_length == 16)
      std::memcpy(address.bytes.data(), data, 16);
    else
      continue;
    packer.add(record.ttl, address);
  }
  if (!packer.bytes().empty()) row.set_bytes(row_.addresses, packer.bytes());
}

void MessageRowWriter::set_question(const dns::Message& m, RowWriter& row) const {
  row.set(row_.qtype, m.qtype);
  row.set(row_.qclass, m.qclass);
  row.set(row_.qname_length, m.qname_wire_length);
  row.set(row_.label_count, m.qname_labels);
  row.set_str(row_.qname, m.qname, m.qname_hash);
  if (row_.tld.present()) row.set_str(row_.tld, last_label(m.qname));
  if (row_.domain.present()) {
    RegisteredDomain::Domain domain = domains_->of(m.qname, m.qname_hash);
    if (row_.qname.present())
      set_end(row, row_.domain, row_.qname, domain);
    else
      row.set_str(row_.domain, domain.name, domain.hash);
  }
}

}  // namespace dnstorm::operators
