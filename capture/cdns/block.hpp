// A block of a C-DNS file in memory, and the parameters that it was written by (RFC 8618 7.3). The
// keys are those of its CDDL; all fields of a map are numbers and stand in one array by their key.
//
// Values; nothing here checks an index: whoever follows one asks the table for its size.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dnstorm::capture::cdns {

// A map whose fields are numbers, by key. `own` has the key -1, which the RFC leaves to
// implementations.
template <std::size_t n>
struct Fields {
  std::array<std::uint64_t, n> value{};
  std::uint32_t present = 0;
  std::optional<std::uint64_t> own;

  bool has(unsigned key) const { return (present >> key & 1U) != 0; }
  std::uint64_t get(unsigned key, std::uint64_t otherwise = 0) const {
    return has(key) ? value[key] : otherwise;
  }
  void set(unsigned key, std::uint64_t number) {
    value[key] = number;
    present |= 1U << key;
  }
};

namespace key {
enum Signature : unsigned {
  server_address,
  server_port,
  transport_flags,
  qr_type,
  sig_flags,
  opcode,
  dns_flags,
  query_rcode,
  class_type,
  qd_count,
  an_count,
  ns_count,
  ar_count,
  edns_version,
  udp_size,
  opt_rdata,
  response_rcode,
  signature_keys
};
enum Item : unsigned {
  time_offset,
  client_address,
  client_port,
  transaction_id,
  signature,
  hop_limit,
  response_delay,  // signed
  query_name,
  query_size,
  response_size,
  processing,  // a map; its flags stand here
  item_keys
};
enum Extended : unsigned { questions, answers, authorities, additionals, extended_keys };
enum Rr : unsigned { rr_name, rr_class_type, rr_ttl, rr_rdata, rr_keys };
enum Event : unsigned { event_type, event_code, event_address, event_count, event_keys };
enum Malformed : unsigned { mm_time, mm_client, mm_port, mm_data, malformed_keys };
enum MalformedData : unsigned { md_server, md_port, md_transport, malformed_data_keys };
enum Statistics : unsigned {
  processed_messages,
  qr_items,
  unmatched_queries,
  unmatched_responses,
  discarded_opcode,
  malformed_items,
  statistics_keys
};
}  // namespace key

// Bits of sig_flags and transport_flags.
inline constexpr std::uint64_t has_query = 1, has_response = 2, query_has_opt = 4,
                               response_has_opt = 8, query_without_question = 16,
                               response_without_question = 32;
inline constexpr std::uint64_t over_v6 = 1, query_trailing = 32;
// Bits of dns_flags: the query's header from bit 0, the response's from bit 8; DO among the first.
inline constexpr unsigned response_flags_shift = 8;
inline constexpr std::uint64_t query_do = 128;

using Signature = Fields<key::signature_keys>;
using Extended = Fields<key::extended_keys>;
using ResourceRecord = Fields<key::rr_keys>;
using Question = Fields<2>;
using ClassType = Fields<2>;  // type, class
using AddressEvent = Fields<key::event_keys>;
using MalformedMessage = Fields<key::malformed_keys>;
using Statistics = Fields<key::statistics_keys>;

struct Item {
  Fields<key::item_keys> fields;
  Extended query;
  Extended response;
};
struct MalformedData {
  Fields<key::malformed_data_keys> fields;
  std::optional<std::uint32_t> payload;  // in Block::payloads
};

// Strings of any length or lists of indexes, end to end.
template <class T>
struct Runs {
  std::vector<T> values;
  std::vector<std::uint32_t> ends;

  std::size_t size() const { return ends.size(); }
  void close() { ends.push_back(static_cast<std::uint32_t>(values.size())); }
  void add(std::span<const T> run) {
    values.insert(values.end(), run.begin(), run.end());
    close();
  }
  std::span<const T> operator[](std::size_t index) const {
    std::size_t from = index == 0 ? 0 : ends[index - 1];
    return std::span<const T>(values).subspan(from, ends[index] - from);
  }
  void clear() {
    values.clear();
    ends.clear();
  }
};

struct StorageParameters {
  std::uint64_t ticks_per_second = 1'000'000;
  std::uint64_t max_block_items = 0;
  Fields<4> hints;  // query/response, signature, record, other data; a bit is set: it is stored
  std::vector<std::uint64_t> opcodes;
  std::vector<std::uint64_t> rr_types;
  std::uint64_t flags = 0;
  Fields<4> prefixes;  // client IPv4, client IPv6, server IPv4, server IPv6, in bits
  std::string sampling_method;
  std::string anonymization_method;
};
struct BlockParameters {
  StorageParameters storage;
  std::string generator;
  std::string host;
};

struct Block {
  std::uint64_t seconds = 0;  // earliest time
  std::uint64_t ticks = 0;
  std::uint64_t parameters = 0;  // index
  Statistics statistics;
  Runs<std::uint8_t> addresses;
  std::vector<ClassType> class_types;
  Runs<std::uint8_t> names;  // and rdata
  std::vector<Signature> signatures;
  Runs<std::uint32_t> question_lists;
  std::vector<Question> questions;
  Runs<std::uint32_t> rr_lists;
  std::vector<ResourceRecord> rrs;
  std::vector<MalformedData> malformed_data;
  Runs<std::uint8_t> payloads;
  std::vector<Item> items;
  std::vector<AddressEvent> events;
  std::vector<MalformedMessage> malformed;
};

}  // namespace dnstorm::capture::cdns
