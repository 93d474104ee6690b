// The records of positive answers, by type.
#include <iterator>

#include "capture/dns/codes.hpp"
#include "capture/synth/answers.hpp"
#include "capture/synth/names.hpp"

namespace dnstorm::capture::synth {

namespace {

using dns::MessageWriter;
namespace type = dns::type;

bool is_address(std::uint16_t t) { return t == type::a || t == type::aaaa; }

}  // namespace

void AnswerWriter::positive(const Query& query, Random& random) {
  // Half of the answers of real clients live below half an hour, some for a day.
  static constexpr std::uint32_t ttls[] = {30,   60,   60,   300,   300,   300,   600, 1800,
                                           3600, 3600, 7200, 14400, 43200, 86400, 300, 1800};
  std::uint32_t ttl = ttls[mix(query.identity ^ 6) % std::size(ttls)];
  bool resolver = options_.view == View::resolver;
  if (resolver) ttl = random.between(1, ttl);  // what is left of it in the cache
  bool alias = resolver && is_address(query.type) && query.kind == NameKind::listed &&
               has_trait(query, 7, 0.25);
  if (query.kind == NameKind::root && query.type == type::ns) return priming();
  std::string owner = alias ? cname_chain(query, ttl, random) : query.sent;
  records(query, owner, ttl, random);
  if (!alias) sign(query.sent, query.type, ttl, random);
}

std::string AnswerWriter::cname_chain(const Query& query, std::uint32_t ttl, Random& random) {
  static constexpr std::string_view networks[] = {"fastlane-cdn.net", "static-pool.com",
                                                  "edgeworks.io", "anycast-front.net"};
  std::uint64_t hash = mix(query.identity ^ 8);
  std::string target =
      fmt::format("e{}.g{}.{}", hash % 100'000, hash % 13, networks[(hash >> 40U) % 4]);
  writer_.cname(query.sent, ttl, target);
  sign(query.sent, type::cname, ttl, random);
  return target;
}

void AnswerWriter::addresses(const Query& query, std::string_view owner, std::uint32_t ttl) {
  std::uint64_t hash = mix(query.identity ^ 9);
  std::uint64_t count = hash % 8 < 5 ? 1 : hash % 8 - 3;  // mostly one, up to four
  MessageWriter::V6 v6{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xfe};
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t host = hash + i;
    if (query.type == type::a) {
      writer_.a(owner, ttl,
                {198, static_cast<std::uint8_t>(18 + (host >> 60U) % 2),
                 static_cast<std::uint8_t>(host >> 8U), static_cast<std::uint8_t>(host)});
    } else {
      for (unsigned b = 0; b < 8; ++b) v6[8 + b] = static_cast<std::uint8_t>(host >> (56 - 8 * b));
      writer_.aaaa(owner, ttl, v6);
    }
  }
}

void AnswerWriter::records(const Query& query, std::string_view owner, std::uint32_t ttl,
                           Random& random) {
  std::uint64_t hash = mix(query.identity ^ 10);
  switch (query.type) {
    case type::a:
    case type::aaaa:
      return addresses(query, owner, ttl);
    case type::https:
    case type::svcb: {
      static constexpr std::uint8_t alpn[] = {2, 'h', '3', 2, 'h', '2'};
      const std::uint8_t hint[] = {198, 18, static_cast<std::uint8_t>(hash >> 8U),
                                   static_cast<std::uint8_t>(hash)};
      writer_.svcb(owner, query.type, ttl, 1, ".").svc_param(1, alpn).svc_param(4, hint);
      return;
    }
    case type::ptr:
      writer_.ptr(owner, ttl, fmt::format("host-{}.pool{}.example.net", hash % 65536, hash % 7));
      return;
    case type::txt:
      writer_.txt(owner, ttl,
                  {query.name.starts_with("_dmarc.") ? "v=DMARC1; p=none; rua=mailto:d@example.org"
                                                     : "v=spf1 include:_spf.example.org ~all"});
      return;
    case type::mx:
      writer_.mx(owner, ttl, 10, under("mx1", zone_.name))
          .mx(owner, ttl, 20, under("mx2", zone_.name));
      return;
    case type::srv:
      writer_.srv(owner, ttl, 10, 50, 389, under("dc1", zone_.name));
      return;
    case type::cname:
      writer_.cname(owner, ttl, under("host", zone_.name));
      return;
    case type::ns:
    case type::soa:
    case type::ds:
    case type::dnskey:
      return zone_records(query, owner, ttl, random);
    default:
      return rare_records(query, owner, ttl, random);
  }
}

void AnswerWriter::zone_records(const Query& query, std::string_view owner, std::uint32_t ttl,
                                Random& random) {
  std::uint64_t hash = mix(query.identity ^ 11);
  std::array<std::uint8_t, 260> bytes;
  random.fill(bytes);
  MessageWriter::Bytes key = MessageWriter::Bytes(bytes).first(zone_.algorithm == 13 ? 64 : 260);
  if (query.type == type::ns) {
    for (std::uint64_t i = 0; i < 2 + hash % 3; ++i)
      writer_.ns(owner, ttl, under(fmt::format("ns{}", i + 1), zone_.name));
  } else if (query.type == type::soa) {
    writer_.soa(owner, ttl,
                {.mname = under("ns1", zone_.name), .rname = under("hostmaster", zone_.name)});
  } else if (query.type == type::ds) {
    writer_.ds(owner, ttl, static_cast<std::uint16_t>(hash), 13, 2,
               MessageWriter::Bytes(bytes).first(32));
  } else {
    writer_.dnskey(owner, ttl, 256, zone_.algorithm, key)
        .dnskey(owner, ttl, 257, zone_.algorithm, key);
  }
}

void AnswerWriter::rare_records(const Query& query, std::string_view owner, std::uint32_t ttl,
                                Random& random) {
  std::array<std::uint8_t, 32> digest;
  random.fill(digest);
  if (query.type == type::naptr) {
    writer_.record(owner, type::naptr, ttl).u16(100).u16(10).text("s").text("SIP+D2U").text("");
    writer_.plain_name(under("_sip._udp", zone_.name));
  } else if (query.type == type::caa) {
    writer_.caa(owner, ttl, 0, "issue", "letsencrypt.org");
  } else if (query.type == type::tlsa) {
    writer_.tlsa(owner, ttl, 3, 1, 1, digest);
  } else {
    writer_.record(owner, type::hinfo, ttl).text("RFC8482").text("");  // ANY
  }
}

// Of ANY one of several kinds.
void AnswerWriter::large_record(const Query& query, std::uint32_t ttl, Random& random) {
  std::array<std::uint8_t, 260> bytes;
  random.fill(bytes);
  bool text = query.type == type::any ? random.chance(0.5) : query.type == type::txt;
  if (!text) {
    std::uint16_t flags = random.chance(0.3) ? 257 : 256;
    std::size_t size = zone_.algorithm == 13 ? 64 : 260;
    writer_.dnskey(query.sent, ttl, flags, zone_.algorithm,
                   MessageWriter::Bytes(bytes).first(size));
    if (random.chance(0.3)) sign(query.sent, type::dnskey, ttl, random);
    return;
  }
  std::string value = "v=spf1";
  while (value.size() < 230) value += fmt::format(" ip4:198.18.{}.0/24", random.below(256));
  writer_.txt(query.sent, ttl, {value});
}

void AnswerWriter::priming() {
  constexpr std::uint32_t ttl = 518400;
  for (char letter = 'a'; letter <= 'm'; ++letter)
    writer_.ns(".", ttl, fmt::format("{}.root-servers.net", letter));
  writer_.additional();
  for (char letter = 'a'; letter <= 'm'; ++letter) {
    auto host = static_cast<std::uint8_t>(letter - 'a' + 1);
    writer_.a(fmt::format("{}.root-servers.net", letter), ttl, {198, 18, 255, host});
    writer_.aaaa(fmt::format("{}.root-servers.net", letter), ttl,
                 {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
  }
}

}  // namespace dnstorm::capture::synth
