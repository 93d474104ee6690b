#include "capture/synth/questions.hpp"

#include <algorithm>
#include <iterator>

#include "capture/dns/codes.hpp"
#include "capture/synth/clients.hpp"
#include "capture/synth/fragment.hpp"

namespace dnstorm::capture::synth {

namespace {

using dns::MessageWriter;
namespace type = dns::type;

constexpr double maintenance_share = 0.0002;  // NOTIFY and UPDATE each

// Top-level domains asked for that do not exist, by their share at a root server in 2016.
constexpr TldShare unknown_tlds[] = {{"local", 8.3},         {"home", 2.7},     {"belkin", 1.6},
                                     {"lan", 0.8},           {"corp", 0.8},     {"dhcp", 0.5},
                                     {"localdomain", 0.5},   {"internal", 0.5}, {"router", 0.3},
                                     {"domain", 0.3},        {"invalid", 0.2},  {"workgroup", 0.2},
                                     {"openstacklocal", 0.2}};
constexpr std::string_view local_hosts[] = {"wpad", "printer", "_ldap._tcp.dc._msdcs",
                                            "nas",  "isatap",  "lb._dns-sd._udp",
                                            "time", "server"};

template <class Rows>
WeightedChoice choice_of(const Rows& rows) {
  std::vector<double> weights;
  for (const auto& row : rows) weights.push_back(row.share);
  return WeightedChoice(weights);
}

WeightedChoice choice_of_types(const Options& options) {
  std::vector<double> weights;
  double others = 0;
  for (const TypeShare& share : profile(options.view).types) {
    weights.push_back(share.share);
    if (share.type != type::https) others += share.share;
  }
  if (!options.https) return WeightedChoice(weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    bool https = profile(options.view).types[i].type == type::https;
    weights[i] = https ? *options.https : weights[i] / others * (1 - *options.https);
  }
  return WeightedChoice(weights);
}

std::string base32(std::uint64_t number) {
  std::string text;
  for (int i = 0; i < 13; ++i, number >>= 5U)
    text += "abcdefghijklmnopqrstuvwxyz234567"[number & 31U];
  return text;
}

std::string random_letters(Random& random) {
  std::string text(random.between(7, 15), 'a');
  for (char& c : text) c = static_cast<char>('a' + random.below(26));
  return text;
}

std::string reverse_name(Random& random) {
  double u = random.unit();
  auto number = static_cast<std::uint32_t>(u * u * u * 65536);  // some are asked much more often
  if (random.chance(0.9))
    return fmt::format("{}.{}.18.198.in-addr.arpa", number & 0xffU, number >> 8U);
  std::string text;
  for (int i = 0; i < 24; ++i, number >>= 4U)
    fmt::format_to(std::back_inserter(text), "{:x}.", number & 15U);
  return text + "8.b.d.0.1.0.0.2.ip6.arpa";
}

std::string unknown_name(std::string_view tld, Random& random) {
  if (random.chance(0.3)) return std::string(tld);
  if (random.chance(0.4))
    return fmt::format("{}.{}", local_hosts[random.below(std::size(local_hosts))], tld);
  return fmt::format("desktop-{:x}.{}", random.below(1U << 20U), tld);
}

bool asks_about_a_zone(std::uint16_t t) {
  return t == type::ns || t == type::soa || t == type::ds || t == type::dnskey || t == type::mx ||
         t == type::caa;
}

std::string_view service_prefix(std::uint16_t t, std::uint64_t identity) {
  if (t == type::srv) return identity % 2 == 0 ? "_ldap._tcp" : "_sip._udp";
  if (t == type::tlsa) return "_443._tcp";
  if (t == type::txt && identity % 2 == 0) return "_dmarc";
  return {};
}

void mix_case(std::string& text, Random& random) {
  std::uint64_t bits = random.next();
  for (char& c : text) {
    if (c < 'a' || c > 'z') continue;
    if ((bits & 1U) != 0) c = static_cast<char>(c - 32);
    bits = (bits >> 1U) | (bits << 63U);
  }
}

}  // namespace

std::string under(std::string_view prefix, std::string_view name) {
  if (name == ".") return std::string(prefix);
  if (prefix.size() + name.size() > 250) return std::string(name);
  return fmt::format("{}.{}", prefix, name);
}

std::uint64_t identity_of(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
  for (char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  return mix(hash);
}

bool has_trait(const Query& query, std::uint64_t trait, double share) {
  return static_cast<double>(mix(query.identity ^ trait) >> 11U) * 0x1.0p-53 < share;
}

QuestionMaker::QuestionMaker(const Options& options, const NameList& names)
    : options_(options),
      profile_(profile(options.view)),
      names_(names),
      ranks_(zipf(names.size(), options.name_exponent)),
      types_(choice_of_types(options)),
      udp_sizes_(choice_of(profile_.udp_sizes)),
      unknown_tlds_(choice_of(unknown_tlds)) {}

NameKind QuestionMaker::pick_kind(Random& random, std::uint16_t t) const {
  if (t == type::ptr) return NameKind::reverse;
  if (options_.view == View::root) {
    if (t == type::dnskey || (t == type::ns && random.chance(0.8))) return NameKind::root;
    if (t == type::ds) return NameKind::tld;
  }
  double u = random.unit();
  if ((u -= options_.one_time) < 0) return NameKind::one_time;
  if ((u -= profile_.unknown_tlds) < 0) return NameKind::unknown_tld;
  if ((u -= profile_.random_labels) < 0) return NameKind::random_label;
  return NameKind::listed;
}

void QuestionMaker::pick_name(Random& random, Query& query) {
  std::string_view listed = names_[ranks_.pick(random)];
  query.kind = pick_kind(random, query.type);
  // Below what a made-up label stands: at a TLD's server it would be a registered domain.
  std::string_view parent = options_.view == View::tld ? last_label(listed) : listed;
  switch (query.kind) {
    case NameKind::listed: {
      std::string_view domain = registered_domain(listed);
      std::string_view prefix = service_prefix(query.type, identity_of(domain));
      if (!prefix.empty())
        query.name = under(prefix, domain);
      else
        query.name = asks_about_a_zone(query.type) ? domain : listed;
      break;
    }
    case NameKind::one_time:
      // mix() is one to one, so that no label comes twice in a run.
      query.name = under(base32(mix(options_.seed + one_time_count_++)), parent);
      break;
    case NameKind::reverse:
      query.name = reverse_name(random);
      break;
    case NameKind::unknown_tld:
      query.name = unknown_name(unknown_tlds[unknown_tlds_.pick(random)].name, random);
      break;
    case NameKind::random_label:
      query.name = under(random_letters(random), options_.view == View::tld ? parent : ".");
      break;
    case NameKind::root:
      query.name = ".";
      break;
    case NameKind::tld:
      query.name = last_label(listed);
      break;
  }
}

void QuestionMaker::pick_edns(Random& random, Query& query) const {
  query.edns = random.chance(options_.edns);
  query.dnssec_ok = query.client_subnet = query.cookie = false;
  query.udp_size = 512;
  if (!query.edns) return;
  query.udp_size = profile_.udp_sizes[udp_sizes_.pick(random)].bytes;
  query.dnssec_ok = random.chance(options_.dnssec_ok / options_.edns);
  query.client_subnet = random.chance(options_.client_subnet / options_.edns);
  query.cookie = random.chance(options_.cookies / options_.edns);
  if (query.client_subnet) {
    bool v6 = random.chance(0.2);
    query.subnet = pool_address(v6, random.next());
  }
  if (query.cookie) random.fill(query.client_cookie);
}

void QuestionMaker::make(Random& random, Query& query) {
  query.id = static_cast<std::uint16_t>(random.next() >> 48U);
  query.type = profile_.types[types_.pick(random)].type;
  query.opcode = dns::opcode::query;
  query.recursion_desired = random.chance(profile_.recursion_desired);
  pick_name(random, query);
  pick_edns(random, query);
  double u = random.unit();
  if (u < 2 * maintenance_share && query.kind == NameKind::listed) {
    query.opcode = u < maintenance_share ? dns::opcode::notify : dns::opcode::update;
    query.type = type::soa;
    query.name = std::string(registered_domain(query.name));
  }
  query.answer_size = 0;
  query.identity = identity_of(query.name);
  query.sent = query.name;
  if (random.chance(options_.mixed_case)) mix_case(query.sent, random);
}

void QuestionMaker::enlarge(std::uint32_t mtu, Random& random, Query& query) const {
  static constexpr std::uint16_t types[] = {type::dnskey, type::txt, type::any};
  query.opcode = dns::opcode::query;
  query.type = types[random.below(std::size(types))];
  if (options_.view != View::resolver) {  // all else there is delegated
    bool root = options_.view == View::root;
    query.type = type::dnskey;
    query.kind = root ? NameKind::root : NameKind::tld;
    query.name = root ? "." : std::string(last_label(query.name));
    query.sent = query.name;
    query.identity = identity_of(query.name);
  }
  std::uint32_t least = std::max(mtu, ipv6_mtu_min) + 100;
  query.answer_size = random.between(least, least + least / 4 * 5);
  query.edns = true;
  query.dnssec_ok = query.dnssec_ok || query.type == type::dnskey;
  query.udp_size = static_cast<std::uint16_t>(query.answer_size < 3700 ? 4096 : 32768);
}

MessageWriter::Bytes write_query(const Query& query, MessageWriter& writer) {
  bool recursion = query.opcode == dns::opcode::query && query.recursion_desired;
  writer.begin(query.id, MessageWriter::opcode(query.opcode));
  if (recursion) writer.or_flags(MessageWriter::rd);
  if (query.opcode == dns::opcode::notify) writer.or_flags(MessageWriter::aa);
  writer.question(query.sent, query.type);
  if (query.opcode == dns::opcode::update)
    writer.authority().a(under("host", query.name), 300, {198, 18, 0, 77});
  if (!query.edns) return writer.finish();
  writer.edns(query.udp_size, query.dnssec_ok ? MessageWriter::edns_do : std::uint16_t{0});
  if (query.client_subnet) writer.client_subnet(query.subnet, query.subnet.is_v4() ? 24 : 56);
  if (query.cookie) writer.cookie(query.client_cookie);
  return writer.finish();
}

}  // namespace dnstorm::capture::synth
