#include "cli/spool_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "capture/dns/codes.hpp"

namespace dnstorm::cli {

namespace dns = capture::dns;
namespace packet = capture::packet;

namespace {

constexpr std::uint16_t dns_port = 53;

Error wrong(std::string what) { return {ErrorKind::usage, "--match: " + std::move(what), {}}; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::uint16_t> number(std::string_view text) {
  std::uint16_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string upper(std::string_view text) {
  std::string all(text);
  std::ranges::transform(all, all.begin(), [](unsigned char c) { return std::toupper(c); });
  return all;
}

// A name and what lies below it; the root is all names.
bool below(std::string_view name, std::string_view suffix) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!name.ends_with(suffix)) return false;
  std::string_view before = name.substr(0, name.size() - suffix.size());
  if (before.empty()) return true;
  if (before.back() != '.') return false;
  before.remove_suffix(1);
  // A dot within a label is written "\.", a backslash "\\".
  std::size_t last = before.find_last_not_of('\\');
  return (before.size() - (last + 1)) % 2 == 0;
}

}  // namespace

bool SpoolMatch::Prefix::holds(const IpAddress& other) const {
  unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, other.bytes.begin()))
    return false;
  return rest == 0 || ((address.bytes[whole] ^ other.bytes[whole]) >> (8 - rest)) == 0;
}

Result<SpoolMatch::Prefix> SpoolMatch::parse_prefix(std::string_view text) {
  std::size_t slash = text.find('/');
  auto address = parse_ip(text.substr(0, slash));
  if (!address) return wrong(fmt::format("'{}' is no address", text));
  Prefix prefix{*address, 128};
  if (slash == text.npos) return prefix;
  auto bits = number(text.substr(slash + 1));
  unsigned most = address->is_v4() ? 32 : 128;
  if (!bits || *bits > most) return wrong(fmt::format("'{}' is no prefix", text));
  prefix.bits = *bits + 128 - most;
  return prefix;
}

Result<void> SpoolMatch::set(std::string_view key, std::string_view value) {
  std::string text = upper(value);
  if (key == "name") {
    name_ = value;
    std::ranges::transform(name_, name_.begin(), [](unsigned char c) { return std::tolower(c); });
    if (name_.ends_with('.')) name_.pop_back();
    return {};
  }
  if (key == "client") return client_ = DNSTORM_TRY(parse_prefix(value)), Result<void>();
  if (key == "server") return server_ = DNSTORM_TRY(parse_prefix(value)), Result<void>();
  if (key == "host") return host_ = DNSTORM_TRY(parse_prefix(value)), Result<void>();
  std::optional<std::uint16_t> parsed = number(value);
  if (key == "qtype") {
    qtype_ = parsed = parsed ? parsed : dns::parse_type(text);
  } else if (key == "rcode") {
    rcode_ = parsed = parsed ? parsed : dns::parse_rcode(text);
  } else if (key == "port") {
    port_ = parsed;
  } else {
    return wrong(
        fmt::format("'{}' is none of name, client, server, host, qtype, rcode, port", key));
  }
  if (!parsed) return wrong(fmt::format("'{}' is no {}", value, key));
  return {};
}

Result<SpoolMatch> SpoolMatch::parse(std::string_view text) {
  SpoolMatch match;
  std::set<std::string_view> given;
  while (!text.empty()) {
    std::size_t comma = text.find(',');
    std::string_view condition = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    std::size_t equals = condition.find('=');
    if (equals == condition.npos)
      return wrong(fmt::format("'{}' is not of the form key=value", condition));
    std::string_view key = trimmed(condition.substr(0, equals));
    if (!given.insert(key).second) return wrong(fmt::format("'{}' is given twice", key));
    DNSTORM_CHECK(match.set(key, trimmed(condition.substr(equals + 1))));
  }
  return match;
}

bool SpoolMatch::matches(const capture::pcap::Packet& packet) {
  packet::Verdict verdict =
      packet::decode(packet.link, packet.bytes, packet.original_length, datagram_);
  const packet::Datagram& d = datagram_;
  if (port_ && !(d.has_ports && (d.src_port == *port_ || d.dst_port == *port_))) return false;
  bool udp = verdict == packet::Verdict::udp;
  if (udp) dns::parse(d.payload, *message_, {true, false});
  bool is_dns = udp && message_->header_ok;
  bool response =
      d.has_ports && d.src_port != d.dst_port && (d.src_port == dns_port || d.dst_port == dns_port)
          ? d.src_port == dns_port
          : is_dns && message_->qr;
  if (client_ && !client_->holds(response ? d.dst : d.src)) return false;
  if (server_ && !server_->holds(response ? d.src : d.dst)) return false;
  if (host_ && !host_->holds(d.src) && !host_->holds(d.dst)) return false;
  if (name_.empty() && !qtype_ && !rcode_) return true;
  if (!is_dns) return false;
  if (!name_.empty() && !(message_->has_question && below(message_->qname, name_))) return false;
  if (qtype_ && !(message_->has_question && message_->qtype == *qtype_)) return false;
  return !rcode_ || (message_->qr && message_->full_rcode() == *rcode_);
}

}  // namespace dnstorm::cli
