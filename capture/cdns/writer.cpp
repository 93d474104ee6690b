#include "capture/cdns/writer.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

#include "capture/cdns/cbor.hpp"
#include "capture/cdns/plain_wire.hpp"
#include "capture/dns/codes.hpp"

namespace dnstorm::capture::cdns {
namespace {

// So many queries with the same key are looked through for the one that is answered.
constexpr int waiting_depth = 64;
using Bytes = std::vector<std::uint8_t>;

template <std::size_t n>
void put_fields(Bytes& out, const Fields<n>& fields) {
  put_map(out, static_cast<unsigned>(std::popcount(fields.present)) + (fields.own ? 1u : 0u));
  for (unsigned key = 0; key < n; ++key) {
    if (!fields.has(key)) continue;
    put_uint(out, key);
    put_uint(out, fields.value[key]);
  }
  if (!fields.own) return;
  put_int(out, -1);
  put_uint(out, *fields.own);
}

template <std::size_t n>
std::uint32_t index_of(IndexTable& table, Bytes& scratch, const Fields<n>& fields) {
  scratch.clear();
  put_fields(scratch, fields);
  return table.index(scratch);
}

std::uint32_t index_of(IndexTable& table, Bytes& scratch,
                       const std::vector<std::uint32_t>& indexes) {
  scratch.clear();
  put_array(scratch, indexes.size());
  for (std::uint32_t index : indexes) put_uint(scratch, index);
  return table.index(scratch);
}

std::uint64_t flags_of(const dns::HeaderFlags& m) {
  return unsigned{m.cd} | unsigned{m.ad} << 1U | unsigned{m.z} << 2U | unsigned{m.ra} << 3U |
         unsigned{m.rd} << 4U | unsigned{m.tc} << 5U | unsigned{m.aa} << 6U;
}

std::uint64_t transport_flags(const CapturedMessage& message) {
  return (message.v6 ? over_v6 : 0) | static_cast<std::uint64_t>(message.transport) << 1U;
}

std::uint64_t mix(std::uint64_t hash, std::span<const std::uint8_t> bytes) {
  for (std::uint8_t byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  return hash;
}

// Equal for a query and its response.
std::uint64_t waiting_key(const CapturedMessage& m, std::uint16_t id) {
  bool from_server = m.response;
  const IpAddress& client = from_server ? m.dst : m.src;
  const IpAddress& server = from_server ? m.src : m.dst;
  std::uint16_t numbers[] = {from_server ? m.dst_port : m.src_port,
                             from_server ? m.src_port : m.dst_port, id,
                             static_cast<std::uint16_t>(m.transport)};
  std::uint64_t hash = mix(mix(14695981039346656037u, client.bytes), server.bytes);
  return mix(hash, {reinterpret_cast<const std::uint8_t*>(numbers), sizeof numbers});
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::open(const std::string& path, WriterOptions options) {
  auto sink = DNSTORM_TRY(file::open_sink(path));
  std::unique_ptr<Writer> writer(new Writer(std::move(sink), std::move(options)));
  writer->put_preamble();
  return writer;
}

void Writer::put_preamble() {
  Bytes& out = buffer_;
  put_array(out, 3);
  put_text(out, "C-DNS");
  put_map(out, 3);
  for (unsigned number : {0U, 1U, 1U, 0U}) put_uint(out, number);  // version 1.0
  put_uint(out, 3);
  put_array(out, 1);
  put_map(out, 2);
  put_uint(out, 0);
  put_map(out, 5);
  put_uint(out, 0);
  put_uint(out, ns_per_s);
  put_uint(out, 1);
  put_uint(out, options_.block_items);
  put_uint(out, 2);
  Fields<4> hints;  // all but what a response is worked out of
  for (auto [key, bits] : {std::pair{0U, 0x3fbffU}, {1U, 0x1ffffU}, {2U, 3U}, {3U, 3U}})
    hints.set(key, bits);
  put_fields(out, hints);
  put_uint(out, 3);
  put_array(out, 16);
  for (unsigned opcode = 0; opcode < 16; ++opcode) put_uint(out, opcode);
  put_uint(out, 4);
  // Every type is recorded; the list has those that have a name, as it may not be left out.
  static constexpr unsigned named[] = {1,  2,  5,  6,  12, 15, 16, 28, 33, 35, 39,  41,
                                       43, 46, 47, 48, 50, 51, 52, 64, 65, 99, 255, 257};
  put_array(out, std::size(named));
  for (unsigned type : named) put_uint(out, type);
  put_uint(out, 1);
  put_map(out, 1);
  put_uint(out, 8);
  put_text(out, options_.generator);
  out.push_back(open_array);
}

std::uint32_t Writer::address_index(const IpAddress& address) {
  scratch_.clear();
  std::span<const std::uint8_t> bytes(address.bytes);
  put_bytes(scratch_, address.is_v4() ? bytes.subspan(12) : bytes);
  return addresses_.index(scratch_);
}

std::uint32_t Writer::bytes_index(std::span<const std::uint8_t> bytes) {
  scratch_.clear();
  put_bytes(scratch_, bytes);
  return names_.index(scratch_);
}

std::uint32_t Writer::class_type_index(std::uint16_t type, std::uint16_t dns_class) {
  ClassType what;
  what.set(0, type);
  what.set(1, dns_class);
  return index_of(class_types_, scratch_, what);
}

Result<void> Writer::add(const CapturedMessage& message) {
  DNSTORM_CHECK(end_block_if_full());
  begun_ = true;
  ++messages_;
  dns::ParseError error = dns::parse(message.wire, parsed_);
  if (error != dns::ParseError::none || message.cut)
    add_malformed(message);
  else if (parsed_.qr)
    add_response(message);
  else
    add_query(message);
  return {};
}

Result<void> Writer::add_event(std::uint64_t type, std::uint64_t code, const IpAddress& address,
                               std::uint64_t count) {
  DNSTORM_CHECK(end_block_if_full());
  begun_ = true;
  AddressEvent event;
  event.set(key::event_type, type);
  event.set(key::event_code, code);
  event.set(key::event_address, address_index(address));
  std::uint32_t index = index_of(event_keys_, scratch_, event);
  if (index == events_.size()) events_.push_back(event);
  events_[index].set(key::event_count, events_[index].get(key::event_count) + count);
  return {};
}

void Writer::add_malformed(const CapturedMessage& message) {
  bool response = says_response(message.wire);
  OpenMalformed open;
  open.time = message.time;
  Fields<key::malformed_data_keys> data;
  bool has_client = response ? message.has_dst : message.has_src;
  bool has_server = response ? message.has_src : message.has_dst;
  if (has_server) data.set(key::md_server, address_index(response ? message.src : message.dst));
  data.set(key::md_port, response ? message.src_port : message.dst_port);
  data.set(key::md_transport, transport_flags(message));
  entry_.clear();
  put_map(entry_, static_cast<unsigned>(std::popcount(data.present)) + 1U);
  for (unsigned key = 0; key < key::malformed_data_keys; ++key) {
    if (!data.has(key)) continue;
    put_uint(entry_, key);
    put_uint(entry_, data.value[key]);
  }
  put_uint(entry_, 3);
  put_bytes(entry_, message.wire);
  open.fields.set(key::mm_data, malformed_data_.index(entry_));
  if (has_client)
    open.fields.set(key::mm_client, address_index(response ? message.dst : message.src));
  open.fields.set(key::mm_port, response ? message.dst_port : message.src_port);
  malformed_.push_back(open);
  ++all_malformed_;
}

Writer::OpenItem Writer::begin_item(const CapturedMessage& message, bool response) {
  OpenItem open;
  open.time = message.time;
  auto& fields = open.item.fields;
  if (response ? message.has_dst : message.has_src)
    fields.set(key::client_address, address_index(response ? message.dst : message.src));
  fields.set(key::client_port, response ? message.dst_port : message.src_port);
  fields.set(key::transaction_id, parsed_.id);
  Signature& s = open.signature;
  if (response ? message.has_src : message.has_dst)
    s.set(key::server_address, address_index(response ? message.src : message.dst));
  s.set(key::server_port, response ? message.src_port : message.dst_port);
  s.set(key::transport_flags, transport_flags(message));
  if (message.role != Role::none) s.set(key::qr_type, static_cast<std::uint64_t>(message.role));
  s.set(key::opcode, parsed_.opcode);
  set_first_question(open);
  return open;
}

void Writer::set_first_question(OpenItem& open) {
  if (parsed_.questions.empty()) return;
  const dns::Question& question = parsed_.questions.front();
  entry_.clear();
  append_name(parsed_.wire, question.offset, entry_);
  open.item.fields.set(key::query_name, bytes_index(entry_));
  open.signature.set(key::class_type, class_type_index(question.type, question.dns_class));
}

void Writer::set_query_opt(OpenItem& open) {
  Signature& s = open.signature;
  std::uint64_t flags = s.get(key::sig_flags) | query_has_opt;
  s.set(key::sig_flags, flags);
  s.set(key::edns_version, parsed_.edns.version);
  s.set(key::udp_size, parsed_.edns.udp_size);
  if (parsed_.edns.dnssec_ok) s.set(key::dns_flags, s.get(key::dns_flags) | query_do);
  if ((parsed_.edns.flags & 0x7fffU) != 0) s.own = parsed_.edns.flags & 0x7fffU;
  for (const dns::Record& record : parsed_.records)
    if (record.type == dns::type::opt && record.section == dns::Section::additional)
      s.set(key::opt_rdata, bytes_index(parsed_.rdata(record)));
}

void Writer::add_query(const CapturedMessage& message) {
  OpenItem open = begin_item(message, false);
  set_query(message, open);
  std::uint32_t& newest = waiting_[waiting_key(message, parsed_.id)];
  open.next = newest;
  items_.push_back(open);
  newest = static_cast<std::uint32_t>(items_.size());
  ++unmatched_queries_;
  ++all_items_;
}

void Writer::set_query(const CapturedMessage& message, OpenItem& open) {
  Signature& s = open.signature;
  std::uint64_t flags = has_query | (parsed_.questions.empty() ? query_without_question : 0);
  s.set(key::sig_flags, flags);
  s.set(key::dns_flags, flags_of(parsed_));
  s.set(key::query_rcode, parsed_.full_rcode());
  s.set(key::qd_count, parsed_.question_count);
  s.set(key::an_count, parsed_.answer_count);
  s.set(key::ns_count, parsed_.authority_count);
  s.set(key::ar_count, parsed_.additional_count);
  if (parsed_.edns.present) set_query_opt(open);
  if (parsed_.trailing_bytes != 0) {
    s.set(key::transport_flags, s.get(key::transport_flags) | query_trailing);
    ++trailing_;
  }
  auto& fields = open.item.fields;
  if (message.ttl != 0) fields.set(key::hop_limit, message.ttl);
  fields.set(key::query_size, message.wire.size());
  set_lists(false, open.item.query);
}

bool Writer::answers(const CapturedMessage& message, const OpenItem& open) {
  const Signature& s = open.signature;
  std::uint64_t role = s.get(key::qr_type, static_cast<std::uint64_t>(Role::none));
  if (open.answered || message.time < open.time || s.get(key::opcode) != parsed_.opcode ||
      role != static_cast<std::uint64_t>(message.role))
    return false;
  const auto& fields = open.item.fields;
  std::uint32_t none = ~0U;
  bool has_client = message.has_dst, has_server = message.has_src;
  if (fields.get(key::client_address, none) != (has_client ? address_index(message.dst) : none) ||
      s.get(key::server_address, none) != (has_server ? address_index(message.src) : none) ||
      fields.get(key::client_port) != message.dst_port ||
      s.get(key::server_port) != message.src_port ||
      fields.get(key::transaction_id) != parsed_.id ||
      (s.get(key::transport_flags) & ~query_trailing) != transport_flags(message))
    return false;
  if (parsed_.questions.empty()) return true;
  OpenItem mine;
  set_first_question(mine);
  return fields.has(key::query_name) &&
         fields.get(key::query_name) == mine.item.fields.get(key::query_name) &&
         s.get(key::class_type) == mine.signature.get(key::class_type);
}

// The earliest query that the response fits.
Writer::OpenItem* Writer::find_query(const CapturedMessage& message) {
  auto found = waiting_.find(waiting_key(message, parsed_.id));
  if (found == waiting_.end()) return nullptr;
  OpenItem* earliest = nullptr;
  std::uint32_t at = found->second;
  for (int i = 0; i < waiting_depth && at != 0; ++i) {
    OpenItem& open = items_[at - 1];
    if (answers(message, open)) earliest = &open;
    at = open.next;
  }
  return earliest;
}

void Writer::add_response(const CapturedMessage& message) {
  if (OpenItem* query = find_query(message)) {
    query->answered = true;
    --unmatched_queries_;
    query->item.fields.set(key::response_delay,
                           static_cast<std::uint64_t>(message.time - query->time));
    set_response(message, *query);
    return;
  }
  OpenItem open = begin_item(message, true);
  open.answered = true;
  set_response(message, open);
  items_.push_back(open);
  ++unmatched_responses_;
  ++all_items_;
}

void Writer::set_response(const CapturedMessage& message, OpenItem& open) {
  Signature& s = open.signature;
  std::uint64_t flags = s.get(key::sig_flags) | has_response |
                        (parsed_.questions.empty() ? response_without_question : 0) |
                        (parsed_.edns.present ? response_has_opt : 0);
  s.set(key::sig_flags, flags);
  s.set(key::dns_flags, s.get(key::dns_flags) | flags_of(parsed_) << response_flags_shift);
  s.set(key::response_rcode, parsed_.full_rcode());
  if (parsed_.trailing_bytes != 0) ++trailing_;
  open.item.fields.set(key::response_size, message.wire.size());
  if (message.ttl != 0) open.item.fields.own = message.ttl;
  set_lists(true, open.item.response);
}

std::uint32_t Writer::question_index(const dns::Question& question) {
  entry_.clear();
  append_name(parsed_.wire, question.offset, entry_);
  Question out;
  out.set(0, bytes_index(entry_));
  out.set(1, class_type_index(question.type, question.dns_class));
  return index_of(questions_, scratch_, out);
}

std::uint32_t Writer::record_index(const dns::Record& record) {
  ResourceRecord out;
  entry_.clear();
  append_name(parsed_.wire, record.owner_offset, entry_);
  out.set(key::rr_name, bytes_index(entry_));
  out.set(key::rr_class_type, class_type_index(record.type, record.dns_class));
  out.set(key::rr_ttl, record.ttl);
  entry_.clear();
  append_rdata(parsed_, record, entry_);
  out.set(key::rr_rdata, bytes_index(entry_));
  return index_of(rrs_, scratch_, out);
}

// Everything behind the first question. A query's OPT stands in the signature, a response's among
// its records.
void Writer::set_lists(bool response, Extended& out) {
  if (parsed_.questions.size() > 1) {
    list_.clear();
    for (std::size_t i = 1; i < parsed_.questions.size(); ++i)
      list_.push_back(question_index(parsed_.questions[i]));
    out.set(key::questions, index_of(question_lists_, scratch_, list_));
  }
  for (unsigned section : {key::answers, key::authorities, key::additionals})
    set_section(section, response, out);
}

void Writer::set_section(unsigned section, bool response, Extended& out) {
  list_.clear();
  for (const dns::Record& record : parsed_.records) {
    if (static_cast<unsigned>(record.section) + 1 != section) continue;
    if (!response && record.type == dns::type::opt) continue;
    list_.push_back(record_index(record));
  }
  if (!list_.empty()) out.set(section, index_of(rr_lists_, scratch_, list_));
}

}  // namespace dnstorm::capture::cdns
