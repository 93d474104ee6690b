#include "capture/cdns/rebuild.hpp"

#include <algorithm>

#include "capture/cdns/plain_wire.hpp"

namespace dnstorm::capture::cdns {
namespace {

constexpr std::size_t message_bytes_max = 65535;
constexpr std::size_t suffixes_max = 64;     // looked through one by one
constexpr std::size_t pointer_max = 0x3fff;  // a compression pointer has fourteen bits

std::uint32_t hash_of(std::span<const std::uint8_t> bytes) {
  std::uint32_t hash = 2166136261u;
  for (std::uint8_t byte : bytes) hash = (hash ^ byte) * 16777619u;
  return hash;
}

// Header bits of one direction: CD is bit 0 of the format and bit 4 of the header, and so on.
std::uint16_t header_flags(std::uint64_t flags) {
  auto bit = [&](unsigned from, unsigned to) { return (flags >> from & 1U) << to; };
  return static_cast<std::uint16_t>(bit(0, 4) | bit(1, 5) | bit(2, 6) | bit(3, 7) | bit(4, 8) |
                                    bit(5, 9) | bit(6, 10));
}

IpAddress to_address(std::span<const std::uint8_t> bytes, bool v6) {
  std::uint8_t full[16] = {};
  std::copy_n(bytes.begin(), std::min<std::size_t>(bytes.size(), v6 ? 16 : 4), full);
  return v6 ? IpAddress::v6(full) : IpAddress::v4(full);
}

// An address of the table; a prefix is filled up with zeros. Without transport flags its length
// tells the version.
bool find_address(const Block& block, std::uint64_t index, bool v6, IpAddress& out) {
  if (index >= block.addresses.size()) return false;
  out = to_address(block.addresses[index], v6);
  return true;
}

bool tells_v6(const Block& block, bool has_flags, std::uint64_t flags, std::uint64_t address) {
  if (has_flags) return (flags & over_v6) != 0;
  return address < block.addresses.size() && block.addresses[address].size() > 4;
}

Transport transport_of(std::uint64_t flags) {
  std::uint64_t number = flags >> 1U & 15U;
  return number <= 4 ? static_cast<Transport>(number) : Transport::other;
}

// The hints of what a message is made of; a bit that is not set: never stored.
constexpr std::uint64_t item_hints = 0x3f898, signature_hints = 0x1e1f0, rr_hints = 3;

bool stores_all(const Fields<4>& hints) {
  return (hints.get(0) & item_hints) == item_hints &&
         (hints.get(1) & signature_hints) == signature_hints &&
         (hints.get(2) & rr_hints) == rr_hints;
}

}  // namespace

std::string_view to_string(Rebuilt rebuilt) {
  static constexpr std::string_view names[rebuilt_count] = {
      "whole", "partial", "no_signature", "no_payload", "bad_index", "bad_name", "too_long"};
  return names[static_cast<std::size_t>(rebuilt)];
}

struct Rebuilder::Source {
  const Block& block;
  const Item& item;
  const Signature& signature;
  const Extended& extended;
  bool response;
};

void Rebuilder::put16(std::uint64_t value) {
  wire_.push_back(static_cast<std::uint8_t>(value >> 8U));
  wire_.push_back(static_cast<std::uint8_t>(value));
}
void Rebuilder::put32(std::uint64_t value) {
  put16(value >> 16U & 0xffff);
  put16(value & 0xffff);
}
void Rebuilder::count_up(unsigned section) {
  std::uint8_t* at = &wire_[4 + std::size_t{2} * section];
  if (++at[1] == 0) ++at[0];
}

// Writes labels until a suffix that has been written before, and a pointer to that.
Rebuilt Rebuilder::put_name(std::span<const std::uint8_t> name) {
  if (!is_plain_name(name)) return Rebuilt::bad_name;
  while (name.size() > 1) {
    std::uint32_t hash = hash_of(name);
    for (const Suffix& suffix : known_)
      if (suffix.hash == hash && std::ranges::equal(suffix.bytes, name))
        return put16(0xc000U | suffix.offset), Rebuilt::whole;
    if (wire_.size() <= pointer_max && known_.size() < suffixes_max)
      known_.push_back({hash, static_cast<std::uint16_t>(wire_.size()), name});
    std::size_t label = 1u + name[0];
    wire_.insert(wire_.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(label));
    name = name.subspan(label);
  }
  wire_.push_back(0);
  return Rebuilt::whole;
}

Rebuilt Rebuilder::put_question(const Source& from, std::uint64_t name, std::uint64_t class_type) {
  if (name >= from.block.names.size() || class_type >= from.block.class_types.size())
    return Rebuilt::bad_index;
  Rebuilt done = put_name(from.block.names[name]);
  if (done != Rebuilt::whole) return done;
  const ClassType& what = from.block.class_types[class_type];
  put16(what.get(0));
  put16(what.get(1));
  count_up(0);
  return Rebuilt::whole;
}

Rebuilt Rebuilder::put_questions(const Source& from) {
  std::uint64_t flags = from.signature.get(key::sig_flags);
  bool none = (flags & (from.response ? response_without_question : query_without_question)) != 0;
  const auto& fields = from.item.fields;
  if (!none && fields.has(key::query_name) && from.signature.has(key::class_type)) {
    Rebuilt done =
        put_question(from, fields.get(key::query_name), from.signature.get(key::class_type));
    if (done != Rebuilt::whole) return done;
  }
  if (!from.extended.has(key::questions)) return Rebuilt::whole;
  std::uint64_t list = from.extended.get(key::questions);
  if (list >= from.block.question_lists.size()) return Rebuilt::bad_index;
  for (std::uint32_t index : from.block.question_lists[list]) {
    if (index >= from.block.questions.size()) return Rebuilt::bad_index;
    const Question& question = from.block.questions[index];
    Rebuilt done = put_question(from, question.get(0), question.get(1));
    if (done != Rebuilt::whole) return done;
    if (wire_.size() > message_bytes_max) return Rebuilt::too_long;
  }
  return Rebuilt::whole;
}

Rebuilt Rebuilder::put_record(const Block& block, const ResourceRecord& record) {
  std::uint64_t name = record.get(key::rr_name), what = record.get(key::rr_class_type);
  if (name >= block.names.size() || what >= block.class_types.size()) return Rebuilt::bad_index;
  std::span<const std::uint8_t> data;
  if (record.has(key::rr_rdata)) {
    if (record.get(key::rr_rdata) >= block.names.size()) return Rebuilt::bad_index;
    data = block.names[record.get(key::rr_rdata)];
  }
  Rebuilt done = put_name(block.names[name]);
  if (done != Rebuilt::whole) return done;
  put16(block.class_types[what].get(0));
  put16(block.class_types[what].get(1));
  put32(record.get(key::rr_ttl));
  put16(data.size());
  wire_.insert(wire_.end(), data.begin(), data.end());
  return Rebuilt::whole;
}

Rebuilt Rebuilder::put_section(const Source& from, unsigned section) {
  if (!from.extended.has(section)) return Rebuilt::whole;
  std::uint64_t list = from.extended.get(section);
  if (list >= from.block.rr_lists.size()) return Rebuilt::bad_index;
  for (std::uint32_t index : from.block.rr_lists[list]) {
    if (index >= from.block.rrs.size()) return Rebuilt::bad_index;
    Rebuilt done = put_record(from.block, from.block.rrs[index]);
    if (done != Rebuilt::whole) return done;
    count_up(section);
    if (wire_.size() > message_bytes_max) return Rebuilt::too_long;
  }
  return Rebuilt::whole;
}

// A query's OPT stands in the signature.
Rebuilt Rebuilder::put_query_opt(const Source& from) {
  const Signature& s = from.signature;
  if (from.response || (s.get(key::sig_flags) & query_has_opt) == 0) return Rebuilt::whole;
  std::span<const std::uint8_t> data;
  if (s.has(key::opt_rdata)) {
    if (s.get(key::opt_rdata) >= from.block.names.size()) return Rebuilt::bad_index;
    data = from.block.names[s.get(key::opt_rdata)];
  }
  std::uint64_t flags = s.own.value_or(0) & 0x7fffU;
  if ((s.get(key::dns_flags) & query_do) != 0) flags |= 0x8000U;
  wire_.push_back(0);
  put16(41);
  put16(s.get(key::udp_size, 512));
  wire_.push_back(static_cast<std::uint8_t>(s.get(key::query_rcode) >> 4U));
  wire_.push_back(static_cast<std::uint8_t>(s.get(key::edns_version)));
  put16(flags);
  put16(data.size());
  wire_.insert(wire_.end(), data.begin(), data.end());
  count_up(key::additionals);
  return Rebuilt::whole;
}

Rebuilt Rebuilder::put_message(const Source& from) {
  const Signature& s = from.signature;
  std::uint64_t flags = s.get(key::dns_flags) >> (from.response ? response_flags_shift : 0);
  std::uint64_t rcode = s.get(from.response ? key::response_rcode : key::query_rcode);
  wire_.clear();
  known_.clear();
  put16(from.item.fields.get(key::transaction_id));
  put16((from.response ? 0x8000U : 0U) | (s.get(key::opcode) & 15U) << 11U | header_flags(flags) |
        (rcode & 15U));
  wire_.resize(12);
  Rebuilt done = put_questions(from);
  for (unsigned section : {key::answers, key::authorities, key::additionals})
    if (done == Rebuilt::whole) done = put_section(from, section);
  if (done == Rebuilt::whole) done = put_query_opt(from);
  if (done == Rebuilt::whole && wire_.size() > message_bytes_max) done = Rebuilt::too_long;
  return done;
}

Rebuilt Rebuilder::rebuild(const Block& block, const StorageParameters& storage, const Item& item,
                           bool response, CapturedMessage& out) {
  out = {};
  std::uint64_t index = item.fields.get(key::signature);
  if (!item.fields.has(key::signature)) return Rebuilt::no_signature;
  if (index >= block.signatures.size()) return Rebuilt::bad_index;
  const Signature& s = block.signatures[index];
  if (!s.has(key::sig_flags)) return Rebuilt::no_signature;
  std::uint64_t client = item.fields.get(key::client_address, block.addresses.size());
  std::uint64_t server = s.get(key::server_address, block.addresses.size());
  std::uint64_t flags = s.get(key::transport_flags);
  out.v6 = tells_v6(block, s.has(key::transport_flags), flags, client) ||
           (!s.has(key::transport_flags) && tells_v6(block, false, 0, server));
  out.has_src = find_address(block, response ? server : client, out.v6, out.src);
  out.has_dst = find_address(block, response ? client : server, out.v6, out.dst);
  auto client_port = static_cast<std::uint16_t>(item.fields.get(key::client_port));
  auto server_port = static_cast<std::uint16_t>(s.get(key::server_port, 53));
  out.src_port = response ? server_port : client_port;
  out.dst_port = response ? client_port : server_port;
  out.ttl = static_cast<std::uint8_t>(response ? item.fields.own.value_or(0)
                                               : item.fields.get(key::hop_limit));
  out.transport = transport_of(flags);
  if (s.has(key::qr_type))
    out.role = static_cast<Role>(std::min<std::uint64_t>(s.get(key::qr_type), 6));
  out.response = response;
  Rebuilt done = put_message({block, item, s, response ? item.response : item.query, response});
  if (done != Rebuilt::whole) return done;
  out.wire = wire_;
  return stores_all(storage.hints) ? Rebuilt::whole : Rebuilt::partial;
}

Rebuilt Rebuilder::rebuild(const Block& block, const StorageParameters&,
                           const MalformedMessage& item, CapturedMessage& out) {
  out = {};
  std::uint64_t index = item.get(key::mm_data, block.malformed_data.size());
  if (!item.has(key::mm_data)) return Rebuilt::no_payload;
  if (index >= block.malformed_data.size()) return Rebuilt::bad_index;
  const MalformedData& data = block.malformed_data[index];
  if (!data.payload) return Rebuilt::no_payload;
  std::span<const std::uint8_t> payload = block.payloads[*data.payload];
  wire_.assign(payload.begin(), payload.end());
  out.wire = wire_;
  out.response = says_response(wire_);
  std::uint64_t client = item.get(key::mm_client, block.addresses.size());
  std::uint64_t server = data.fields.get(key::md_server, block.addresses.size());
  std::uint64_t flags = data.fields.get(key::md_transport);
  out.v6 = tells_v6(block, data.fields.has(key::md_transport), flags, client);
  out.has_src = find_address(block, out.response ? server : client, out.v6, out.src);
  out.has_dst = find_address(block, out.response ? client : server, out.v6, out.dst);
  auto client_port = static_cast<std::uint16_t>(item.get(key::mm_port));
  auto server_port = static_cast<std::uint16_t>(data.fields.get(key::md_port, 53));
  out.src_port = out.response ? server_port : client_port;
  out.dst_port = out.response ? client_port : server_port;
  out.transport = transport_of(flags);
  return Rebuilt::whole;
}

}  // namespace dnstorm::capture::cdns
