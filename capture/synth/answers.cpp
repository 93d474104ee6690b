#include "capture/synth/answers.hpp"

#include <algorithm>

#include "capture/dns/codes.hpp"
#include "capture/synth/names.hpp"

namespace dnstorm::capture::synth {

namespace {

using dns::MessageWriter;
namespace type = dns::type;

// Servers answer with at most this much (DNS flag day 2020), clients take 512 without EDNS.
constexpr std::size_t largest_answer = 1232;

bool is_address(std::uint16_t t) { return t == type::a || t == type::aaaa; }

}  // namespace

std::uint16_t rcode_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::positive:
    case Outcome::nodata:
    case Outcome::referral:
      return dns::rcode::noerror;
    case Outcome::nxdomain:
      return dns::rcode::nxdomain;
    case Outcome::servfail:
      return dns::rcode::servfail;
    case Outcome::refused:
      return dns::rcode::refused;
    case Outcome::not_implemented:
      return dns::rcode::notimp;
  }
  return dns::rcode::servfail;
}

AnswerWriter::AnswerWriter(const Options& options)
    : options_(options), profile_(profile(options.view)) {}

Outcome AnswerWriter::decide(const Query& query, Random& random) const {
  double u = random.unit();
  if (query.opcode == dns::opcode::update)
    return u < 0.5 ? Outcome::refused : Outcome::not_implemented;
  if (query.opcode == dns::opcode::notify) return Outcome::positive;
  if ((u -= profile_.servfail) < 0) return Outcome::servfail;
  if ((u -= profile_.refused) < 0) return Outcome::refused;
  bool resolver = options_.view == View::resolver;
  switch (query.kind) {
    case NameKind::unknown_tld:
    case NameKind::random_label:
      return Outcome::nxdomain;
    case NameKind::root:
    case NameKind::tld:
      return Outcome::positive;
    case NameKind::reverse:
      if (!resolver) return Outcome::referral;
      return has_trait(query, 1, profile_.pointless_ptr) ? Outcome::nxdomain : Outcome::positive;
    case NameKind::one_time:
      if (!resolver || has_trait(query, 2, 0.5)) return Outcome::nxdomain;
      break;
    case NameKind::listed:
      break;
  }
  if (options_.view == View::tld && query.type == type::ds)
    return is_signed(query.name) ? Outcome::positive : Outcome::nodata;
  if (!resolver) return Outcome::referral;
  if (has_trait(query, 3, 0.02)) return Outcome::nxdomain;  // names that are gone
  double nodata = query.type == type::aaaa    ? profile_.nodata_aaaa
                  : query.type == type::https ? profile_.nodata_https
                  : is_address(query.type)    ? 0.01
                                              : 0.15;
  if (query.type == type::ds) nodata = is_signed(query.name) ? 0 : 1;
  return has_trait(query, 1000U + query.type, nodata) ? Outcome::nodata : Outcome::positive;
}

bool AnswerWriter::is_signed(std::string_view zone) const {
  std::uint64_t hash = mix(identity_of(zone) ^ 4);
  return static_cast<double>(hash >> 11U) * 0x1.0p-53 < options_.signed_zones;
}

AnswerWriter::Zone AnswerWriter::zone_of(const Query& query) const {
  Zone zone;
  if (options_.view == View::root) {
    zone = {.name = ".", .sign = true, .algorithm = 8, .signature = 256};
  } else if (options_.view == View::tld) {
    zone = {.name = std::string(last_label(query.name)), .sign = true, .nsec3 = true};
  } else {
    zone.name = registered_domain(query.name);
    std::uint64_t hash = mix(identity_of(zone.name) ^ 5);
    zone.sign = is_signed(zone.name);
    zone.nsec3 = hash % 5 < 3;
    if (hash % 16 < 7) {
      zone.algorithm = 8;  // RSA with 2048 bits: older, still widespread
      zone.signature = 256;
    }
  }
  zone.sign = zone.sign && query.dnssec_ok && zone.name.size() < 200;
  return zone;
}

void AnswerWriter::begin(const Query& query, Outcome outcome, Random& random) {
  zone_ = zone_of(query);
  std::uint16_t flags = MessageWriter::qr | MessageWriter::opcode(query.opcode);
  bool plain = query.opcode == dns::opcode::query;
  if (plain && query.recursion_desired) flags |= MessageWriter::rd;
  if (options_.view == View::resolver)
    flags |= MessageWriter::ra;
  else if (outcome != Outcome::referral && outcome != Outcome::refused)
    flags |= MessageWriter::aa;
  if (options_.view == View::resolver && zone_.sign && outcome < Outcome::servfail)
    flags |= MessageWriter::ad;
  writer_.begin(query.id, static_cast<std::uint16_t>(flags | rcode_of(outcome)));
  writer_.question(query.sent, query.type);
  if (!plain) return;
  if (outcome == Outcome::positive) positive(query, random);
  if (outcome == Outcome::nodata) negative(query, true, random);
  if (outcome == Outcome::nxdomain) negative(query, false, random);
  if (outcome == Outcome::referral) referral(query, random);
}

Response AnswerWriter::write_whole(const Query& query, Outcome outcome, Random& random) {
  Response response;
  response.rcode = rcode_of(outcome);
  begin(query, outcome, random);
  edns(query, outcome, random);
  response.wire = writer_.finish();
  return response;
}

Response AnswerWriter::write(const Query& query, Outcome outcome, Random& random) {
  Response response = write_whole(query, outcome, random);
  std::size_t limit =
      std::min<std::size_t>(std::max<std::size_t>(query.udp_size, 512), largest_answer);
  response.truncated = response.wire.size() > limit || random.chance(profile_.truncated);
  if (!response.truncated) return response;
  auto flags = static_cast<std::uint16_t>((response.wire[2] << 8U) | response.wire[3]);
  writer_.begin(query.id, flags | MessageWriter::tc).question(query.sent, query.type);
  edns(query, outcome, random);
  response.wire = writer_.finish();
  return response;
}

Response AnswerWriter::write_large(const Query& query, Random& random) {
  zone_ = zone_of(query);
  std::uint16_t flags = MessageWriter::qr | MessageWriter::opcode(query.opcode);
  if (query.recursion_desired) flags |= MessageWriter::rd;
  flags |= options_.view == View::resolver ? MessageWriter::ra : MessageWriter::aa;
  writer_.begin(query.id, flags).question(query.sent, query.type);
  std::uint32_t ttl = random.between(1, 86400);
  while (writer_.size() < query.answer_size) large_record(query, ttl, random);
  edns(query, Outcome::positive, random);
  return {.wire = writer_.finish(), .rcode = dns::rcode::noerror};
}

void AnswerWriter::edns(const Query& query, Outcome outcome, Random& random) {
  if (!query.edns) return;
  writer_.edns(largest_answer, query.dnssec_ok ? MessageWriter::edns_do : std::uint16_t{0});
  if (query.client_subnet) {
    bool v4 = query.subnet.is_v4();
    auto scope =
        static_cast<std::uint8_t>(v4 ? 16 + 8 * random.below(2) : 40 + 8 * random.below(3));
    writer_.client_subnet(query.subnet, v4 ? 24 : 56, scope);
  }
  if (query.cookie) {
    std::array<std::uint8_t, 16> server;  // RFC 9018: 16 octets
    random.fill(server);
    writer_.cookie(query.client_cookie, server);
  }
  if (outcome == Outcome::servfail) writer_.extended_error(22, "no reachable authority");
  if (outcome == Outcome::refused) writer_.extended_error(18);
}

// -- signatures and denial ---------------------------------------------------------------------

void AnswerWriter::sign(std::string_view owner, std::uint16_t covered, std::uint32_t ttl,
                        Random& random) {
  if (!zone_.sign) return;
  std::array<std::uint8_t, 256> bytes;
  MessageWriter::Bytes signature = MessageWriter::Bytes(bytes).first(zone_.signature);
  random.fill(std::span(bytes).first(zone_.signature));
  auto day = static_cast<std::uint32_t>(options_.start / ns_per_s / 86400 * 86400);
  auto labels =
      static_cast<std::uint8_t>(owner == "." ? 0 : std::count(owner.begin(), owner.end(), '.') + 1);
  writer_.rrsig(owner, ttl,
                {.covered = covered,
                 .algorithm = zone_.algorithm,
                 .labels = labels,
                 .original_ttl = ttl,
                 .expiration = day + 13 * 86400,
                 .inception = day - 86400,
                 .key_tag = static_cast<std::uint16_t>(identity_of(zone_.name)),
                 .signer = zone_.name},
                signature);
}

void AnswerWriter::put_soa(std::uint32_t ttl, Random& random) {
  if (zone_.name == ".")
    writer_.soa(".", ttl,
                {.mname = "a.root-servers.net",
                 .rname = "nstld.verisign-grs.com",
                 .serial = 2026010100,
                 .refresh = 1800,
                 .retry = 900,
                 .expire = 604800,
                 .minimum = 86400});
  else
    writer_.soa(zone_.name, ttl,
                {.mname = under("ns1", zone_.name),
                 .rname = under("hostmaster", zone_.name),
                 .serial = 2026010100U + random.below(99)});
  sign(zone_.name, type::soa, ttl, random);
}

// One NSEC or NSEC3 with its signature: "nothing between here and there".
void AnswerWriter::deny(std::string_view owner_label, Random& random) {
  static constexpr std::uint16_t at_host[] = {type::a, type::txt, type::rrsig, type::nsec};
  static constexpr std::uint16_t at_host3[] = {type::a, type::txt, type::rrsig};
  constexpr std::uint32_t ttl = 3600;
  if (!zone_.nsec3) {
    std::string owner = owner_label.empty() ? zone_.name : under(owner_label, zone_.name);
    writer_.nsec(owner, ttl, under("m", zone_.name), at_host);
    sign(owner, type::nsec, ttl, random);
    return;
  }
  std::array<std::uint8_t, 20> hash;  // SHA-1, the only one there is
  random.fill(hash);
  std::string label(32, '0');
  for (char& c : label) c = "0123456789abcdefghijklmnopqrstuv"[random.below(32)];
  std::string owner = under(label, zone_.name);
  auto flags = static_cast<std::uint8_t>(options_.view == View::tld ? 1 : 0);  // opt-out
  writer_.nsec3(owner, ttl, {.flags = flags, .next_hash = hash}, at_host3);
  sign(owner, type::nsec3, ttl, random);
}

void AnswerWriter::negative(const Query& query, bool name_exists, Random& random) {
  // The zone that denies: the root for a top-level domain that is not there.
  if (query.kind == NameKind::unknown_tld || query.kind == NameKind::random_label) {
    if (options_.view == View::resolver)
      zone_ = {.name = ".", .sign = query.dnssec_ok, .algorithm = 8, .signature = 256};
  }
  writer_.authority();
  put_soa(zone_.name == "." ? 86400 : 900, random);
  if (!zone_.sign) return;
  deny(name_exists ? std::string_view("h") : std::string_view("l"), random);
  if (name_exists) return;
  deny("", random);                    // no wildcard
  if (zone_.nsec3) deny("c", random);  // closest encloser
}

// Down to the next zone: name servers, DS or its denial, glue.
void AnswerWriter::referral(const Query& query, Random& random) {
  bool root = options_.view == View::root;
  std::string child(root ? last_label(query.name) : registered_domain(query.name));
  std::uint64_t hash = mix(identity_of(child) ^ 12);
  bool big = child == "com" || child == "net";
  std::uint64_t count = big ? 13 : root ? 4 + hash % 3 : 2 + hash % 2;
  // Half of the domains are hosted by somebody whose name servers need no glue.
  bool in_zone = root || hash % 2 == 0;
  std::string base = big       ? "gtld-servers.net"
                     : root    ? under("nic", child)
                     : in_zone ? child
                               : fmt::format("hosting{}.net", hash % 50);
  std::uint32_t ttl = root ? 172800 : 3600;
  auto host = [&](std::uint64_t i) {
    return root ? under(std::string(1, static_cast<char>('a' + i)), base)
                : under(fmt::format("ns{}", i + 1), base);
  };
  writer_.authority();
  for (std::uint64_t i = 0; i < count; ++i) writer_.ns(child, ttl, host(i));
  if (zone_.sign && is_signed(child)) {
    std::array<std::uint8_t, 32> digest;
    random.fill(digest);
    writer_.ds(child, 86400, static_cast<std::uint16_t>(hash), 13, 2, digest);
    sign(child, type::ds, 86400, random);
  } else if (zone_.sign) {
    deny("h", random);
  }
  if (!in_zone) return;
  writer_.additional();
  for (std::uint64_t i = 0; i < count; ++i) {
    auto low = static_cast<std::uint8_t>(hash + i);
    writer_.a(host(i), ttl, {198, 18, static_cast<std::uint8_t>(hash >> 8U), low});
    if (i < 11)
      writer_.aaaa(host(i), ttl,
                   {0x20, 0x01, 0x0d, 0xb8, 0xff, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 1, low});
  }
}

}  // namespace dnstorm::capture::synth
