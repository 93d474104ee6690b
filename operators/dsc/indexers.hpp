// The indexers of DSC: what a dimension of a dataset counts by. Each turns a message into a code;
// a code is a number with a text of its own, or stands for an address or a text that the window
// keeps in a table. Pure functions, thread-safe. dsc.md has the meaning of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::operators {

enum class DscIndexer : std::uint8_t {
  null,
  client,
  server,
  country,
  asn,
  client_subnet,
  qclass,
  qnamelen,
  label_count,
  qname,
  tld,
  second_ld,
  third_ld,
  msglen,
  qtype,
  rcode,
  opcode,
  certain_qnames,
  query_classification,
  idn_qname,
  edns_version,
  edns_bufsiz,
  edns_cookie,
  edns_cookie_len,
  edns_cookie_client,
  edns_cookie_server,
  edns_ecs,
  edns_ecs_family,
  edns_ecs_source_prefix,
  edns_ecs_scope_prefix,
  edns_ecs_address,
  edns_ecs_subnet,
  edns_ede,
  edns_ede_code,
  edns_ede_textlen,
  edns_ede_text,
  edns_nsid,
  edns_nsid_len,
  edns_nsid_data,
  edns_nsid_text,
  do_bit,
  rd_bit,
  tc_bit,
  transport,
  dns_ip_version,
  dns_source_port,
  dns_sport_range,
  qr_aa_bits,
  response_time,
  ip_direction,
  ip_proto,
  ip_version,
  encryption
};
inline constexpr std::size_t dsc_indexer_count = 53;

enum class DscForm : std::uint8_t { number, address, text };

struct DscIndexerInfo {
  DscIndexer indexer;
  std::string_view name;
  DscForm form;
  std::vector<std::string> reads;  // fields of a message
  // The texts of codes 0, 1, ... where these are all there are; empty: other numbers, or a table.
  std::vector<std::string_view> classes = {};
};

const std::vector<DscIndexerInfo>& dsc_indexers();
const DscIndexerInfo& dsc_indexer(DscIndexer indexer);
const DscIndexerInfo* find_dsc_indexer(std::string_view name);

// A message that the indexer has nothing for: it is not counted in the dataset.
inline constexpr std::uint32_t dsc_no_code = ~std::uint32_t{0};

// Codes of `query_classification`, in DSC's order.
enum DscClass : std::uint32_t {
  class_ok,
  class_nonauth_tld,
  class_root_servers_net,
  class_localhost,
  class_a_for_a,
  class_a_for_root,
  class_rfc1918_ptr,
  class_funny_qclass,
  class_funny_qtype,
  class_src_port_zero,
  class_malformed
};

// How response times are divided into buckets. Codes below `first_bucket` are what has none.
struct DscBuckets {
  enum class Mode : std::uint8_t { linear, log10, log2 };
  static constexpr std::uint32_t timeouts = 0, missing_queries = 1, dropped_queries = 2,
                                 internal_errors = 3, first_bucket = 4;
  Mode mode = Mode::log10;
  std::uint64_t width_us = 100;
  std::uint64_t max_us = 5'000'000;
  bool timed_out_above_max = false;  // else counted as max_us
  bool exact = false;                // a time of 0 us has no logarithm: an internal error

  std::uint32_t code(std::uint64_t latency_us) const;
  std::string label(std::uint32_t code) const;
};

// The text of a code of form `number`.
std::string dsc_number_label(DscIndexer indexer, std::uint32_t code, const DscBuckets& buckets);

// The order of keys in results: classes as they are declared, numbers by value (what is none comes
// first), all else as text.
bool dsc_label_less(DscIndexer indexer, std::string_view a, std::string_view b);

}  // namespace dnstorm::operators
