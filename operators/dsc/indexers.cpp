#include "operators/dsc/indexers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

using I = DscIndexer;
using F = DscForm;
using Fields = std::vector<std::string>;
using Classes = std::vector<std::string_view>;

const Fields options_of = {"edns_options"};
const Fields source_port = {"qr", "client_port", "server_port"};
const Fields source_address = {"qr", "client", "server", "ip_version"};
const Classes no_yes = {"no", "yes"};
const Classes clr_set = {"clr", "set"};

std::vector<DscIndexerInfo> plain_indexers() {
  return {
      {I::null, "null", F::number, {}, {"ALL"}},
      {I::client, "client", F::address, {"client"}},
      {I::server, "server", F::address, {"server"}},
      {I::country, "country", F::text, source_address},
      {I::asn, "asn", F::text, source_address},
      {I::client_subnet, "client_subnet", F::address, {"client"}},
      {I::qclass, "qclass", F::number, {"qclass"}},
      {I::qnamelen, "qnamelen", F::number, {"qname_length"}},
      {I::label_count, "label_count", F::number, {"label_count"}},
      {I::qname, "qname", F::text, {"qname"}},
      {I::tld, "tld", F::text, {"qname"}},
      {I::second_ld, "second_ld", F::text, {"qname"}},
      {I::third_ld, "third_ld", F::text, {"qname"}},
      {I::msglen, "msglen", F::number, {"size"}},
      {I::qtype, "qtype", F::number, {"qtype"}},
      {I::rcode, "rcode", F::number, {"rcode"}},
      {I::opcode, "opcode", F::number, {"opcode"}},
      {I::certain_qnames,
       "certain_qnames",
       F::number,
       {"qname"},
       {"localhost", "X.root-servers.net", "else"}},
      {I::query_classification,
       "query_classification",
       F::number,
       {"malformed", "qr", "client_port", "server_port", "qclass", "qtype", "qname"},
       {"ok", "non-auth-tld", "root-servers.net", "localhost", "a-for-a", "a-for-root",
        "rfc1918-ptr", "funny-qclass", "funny-qtype", "src-port-zero", "malformed"}},
      {I::idn_qname, "idn_qname", F::number, {"qname"}, {"normal", "idn"}},
  };
}

std::vector<DscIndexerInfo> edns_indexers() {
  return {
      {I::edns_version, "edns_version", F::number, {"edns", "edns_version"}},
      {I::edns_bufsiz, "edns_bufsiz", F::number, {"edns", "edns_size"}},
      {I::edns_cookie, "edns_cookie", F::number, {"cookie"}, no_yes},
      {I::edns_cookie_len, "edns_cookie_len", F::number, options_of},
      {I::edns_cookie_client, "edns_cookie_client", F::text, options_of},
      {I::edns_cookie_server, "edns_cookie_server", F::text, options_of},
      {I::edns_ecs, "edns_ecs", F::number, {"ecs"}, no_yes},
      {I::edns_ecs_family, "edns_ecs_family", F::number, options_of},
      {I::edns_ecs_source_prefix, "edns_ecs_source_prefix", F::number, options_of},
      {I::edns_ecs_scope_prefix, "edns_ecs_scope_prefix", F::number, options_of},
      {I::edns_ecs_address, "edns_ecs_address", F::text, options_of},
      {I::edns_ecs_subnet, "edns_ecs_subnet", F::text, options_of},
      {I::edns_ede, "edns_ede", F::number, options_of, no_yes},
      {I::edns_ede_code, "edns_ede_code", F::number, options_of},
      {I::edns_ede_textlen, "edns_ede_textlen", F::number, options_of},
      {I::edns_ede_text, "edns_ede_text", F::text, options_of},
      {I::edns_nsid, "edns_nsid", F::number, {"nsid"}, no_yes},
      {I::edns_nsid_len, "edns_nsid_len", F::number, options_of},
      {I::edns_nsid_data, "edns_nsid_data", F::text, options_of},
      {I::edns_nsid_text, "edns_nsid_text", F::text, options_of},
  };
}

std::vector<DscIndexerInfo> header_indexers() {
  return {
      {I::do_bit, "do_bit", F::number, {"do"}, clr_set},
      {I::rd_bit, "rd_bit", F::number, {"rd"}, clr_set},
      {I::tc_bit, "tc_bit", F::number, {"tc"}, clr_set},
      {I::transport, "transport", F::number, {"transport"}, {"udp", "tcp", "else"}},
      {I::dns_ip_version, "dns_ip_version", F::number, {"ip_version"}},
      {I::dns_source_port, "dns_source_port", F::number, source_port},
      {I::dns_sport_range, "dns_sport_range", F::number, source_port},
      {I::qr_aa_bits,
       "qr_aa_bits",
       F::number,
       {"qr", "aa"},
       {"qr=0,aa=0", "qr=0,aa=1", "qr=1,aa=0", "qr=1,aa=1"}},
      {I::response_time, "response_time", F::number, {"status", "latency_us"}},
      {I::ip_direction,
       "ip_direction",
       F::number,
       {"qr", "client", "server"},
       {"sent", "recv", "else"}},
      {I::ip_proto, "ip_proto", F::number, {"transport"}},
      {I::ip_version, "ip_version", F::number, {"ip_version"}},
      {I::encryption,
       "encryption",
       F::number,
       {"transport"},
       {"unencrypted", "dot", "doh", "dnscrypt", "doq"}},
  };
}

std::string range(std::uint64_t number, std::uint64_t width) {
  return fmt::format("{}-{}", number * width, (number + 1) * width - 1);
}

std::string proto_name(std::uint32_t number) {
  switch (number) {
    case 1:
      return "icmp";
    case 6:
      return "tcp";
    case 17:
      return "udp";
    default:
      return fmt::format("{}", number);
  }
}

// The number that a label begins with; -1: none.
std::int64_t leading_number(std::string_view label) {
  std::int64_t number = 0;
  auto [rest, problem] = std::from_chars(label.data(), label.data() + label.size(), number);
  return problem == std::errc() && number >= 0 ? number : -1;
}

std::string special_row(std::uint32_t code) {
  static constexpr std::string_view names[] = {"timeouts", "missing_queries", "dropped_queries",
                                               "internal_errors"};
  return std::string(names[code]);
}

}  // namespace

const std::vector<DscIndexerInfo>& dsc_indexers() {
  static const std::vector<DscIndexerInfo> table = [] {
    std::vector<DscIndexerInfo> all = plain_indexers();
    for (auto part : {edns_indexers(), header_indexers()})
      all.insert(all.end(), part.begin(), part.end());
    DNSTORM_ASSERT(all.size() == dsc_indexer_count, "an indexer is missing", all.size());
    std::sort(all.begin(), all.end(),
              [](const auto& a, const auto& b) { return a.indexer < b.indexer; });
    return all;
  }();
  return table;
}

const DscIndexerInfo& dsc_indexer(DscIndexer indexer) {
  return dsc_indexers()[static_cast<std::size_t>(indexer)];
}

const DscIndexerInfo* find_dsc_indexer(std::string_view name) {
  for (const DscIndexerInfo& info : dsc_indexers())
    if (info.name == name) return &info;
  return nullptr;
}

std::uint32_t DscBuckets::code(std::uint64_t latency_us) const {
  if (latency_us >= max_us) {
    if (timed_out_above_max) return timeouts;
    latency_us = max_us;
  }
  if (mode == Mode::linear) return first_bucket + static_cast<std::uint32_t>(latency_us / width_us);
  if (latency_us == 0 && exact) return internal_errors;
  std::uint32_t bucket = 0;
  if (mode == Mode::log2)
    bucket = static_cast<std::uint32_t>(std::bit_width(std::max<std::uint64_t>(latency_us, 1))) - 1;
  else
    for (std::uint64_t rest = latency_us; rest >= 10; rest /= 10) ++bucket;
  return first_bucket + bucket;
}

std::string DscBuckets::label(std::uint32_t code) const {
  if (code < first_bucket) return special_row(code);
  std::uint32_t bucket = code - first_bucket;
  if (mode == Mode::linear) return fmt::format("{}-{}", bucket * width_us, (bucket + 1) * width_us);
  if (mode == Mode::log2)
    return fmt::format("{}-{}", std::uint64_t{1} << bucket, std::uint64_t{2} << bucket);
  std::uint64_t from = 1;
  for (std::uint32_t i = 0; i < bucket; ++i) from *= 10;
  return fmt::format("{}-{}", from, from * 10);
}

std::string dsc_number_label(DscIndexer indexer, std::uint32_t code, const DscBuckets& buckets) {
  const DscIndexerInfo& info = dsc_indexer(indexer);
  if (!info.classes.empty()) return std::string(info.classes[code]);
  switch (indexer) {
    case I::edns_version:
    case I::edns_ecs_family:
    case I::edns_ecs_source_prefix:
    case I::edns_ecs_scope_prefix:
    case I::edns_ede_code:
      return code == 0 ? "none" : fmt::format("{}", code - 1);
    case I::edns_cookie_len:
    case I::edns_ede_textlen:
    case I::edns_nsid_len:
      return code == 0 ? "none" : fmt::format("{}", code);
    case I::edns_bufsiz:
      return code == 0 ? "None" : range(code - 1, 512);
    case I::dns_sport_range:
      return range(code, 1024);
    case I::dns_ip_version:
    case I::ip_version:
      return code == 6 ? "IPv6" : "IPv4";
    case I::ip_proto:
      return proto_name(code);
    case I::response_time:
      return buckets.label(code);
    default:
      return fmt::format("{}", code);
  }
}

bool dsc_label_less(DscIndexer indexer, std::string_view a, std::string_view b) {
  const DscIndexerInfo& info = dsc_indexer(indexer);
  if (info.form != F::number) return a < b;
  if (!info.classes.empty()) {
    auto place = [&](std::string_view label) {
      return std::find(info.classes.begin(), info.classes.end(), label);
    };
    return place(a) < place(b);
  }
  std::int64_t first = leading_number(a);
  std::int64_t second = leading_number(b);
  return first != second ? first < second : a < b;
}

}  // namespace dnstorm::operators
