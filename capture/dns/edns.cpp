#include "capture/dns/edns.hpp"

#include <fmt/format.h>

#include "capture/dns/base_encodings.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/detail/encode.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::dns {
namespace {

using detail::printable;

std::string_view characters(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// RFC 8914 5.2 and the registry.
std::string_view extended_error_name(std::uint16_t code) {
  static constexpr std::string_view names[] = {
      "Other Error",
      "Unsupported DNSKEY Algorithm",
      "Unsupported DS Digest Type",
      "Stale Answer",
      "Forged Answer",
      "DNSSEC Indeterminate",
      "DNSSEC Bogus",
      "Signature Expired",
      "Signature Not Yet Valid",
      "DNSKEY Missing",
      "RRSIGs Missing",
      "No Zone Key Bit Set",
      "NSEC Missing",
      "Cached Error",
      "Not Ready",
      "Blocked",
      "Censored",
      "Filtered",
      "Prohibited",
      "Stale NXDOMAIN Answer",
      "Not Authoritative",
      "Not Supported",
      "No Reachable Authority",
      "Network Error",
      "Invalid Data",
      "Signature Expired before Valid",
      "Too Early",
      "Unsupported NSEC3 Iterations Value",
      "Unable to conform to policy",
      "Synthesized",
  };
  return code < std::size(names) ? names[code] : std::string_view{};
}

std::string extended_error_text(const ExtendedError& error) {
  std::string text = fmt::format("EDE {}", error.code);
  std::string_view name = extended_error_name(error.code);
  if (!name.empty()) text += fmt::format(" {}", name);
  if (!error.text.empty()) text += fmt::format(": {}", printable(error.text));
  return text;
}

}  // namespace

const EdnsOption* Edns::find(std::uint16_t code) const {
  for (const EdnsOption& option : options)
    if (option.code == code) return &option;
  return nullptr;
}

std::optional<ClientSubnet> parse_client_subnet(const EdnsOption& option) {
  if (option.code != edns_option::ecs || option.data.size() < 4) return std::nullopt;
  ClientSubnet subnet;
  subnet.family = load_be16(option.data.data());
  subnet.source_prefix = option.data[2];
  subnet.scope_prefix = option.data[3];
  std::span<const std::uint8_t> address = option.data.subspan(4);
  if (subnet.family != 1 && subnet.family != 2) return std::nullopt;
  std::size_t bits = subnet.family == 1 ? 32 : 128;
  if (subnet.source_prefix > bits || subnet.scope_prefix > bits) return std::nullopt;
  // RFC 7871 6: as many bytes as the prefix needs, no more and no less.
  if (address.size() != (subnet.source_prefix + 7u) / 8u) return std::nullopt;
  std::uint8_t padded[16] = {};
  std::copy(address.begin(), address.end(), padded);
  if (subnet.source_prefix % 8 != 0)
    padded[address.size() - 1] &= static_cast<std::uint8_t>(0xff << (8 - subnet.source_prefix % 8));
  subnet.address = subnet.family == 1 ? IpAddress::v4(padded) : IpAddress::v6(padded);
  return subnet;
}

std::optional<Cookie> parse_cookie(const EdnsOption& option) {
  if (option.code != edns_option::cookie) return std::nullopt;
  std::size_t size = option.data.size();
  if (size != 8 && (size < 16 || size > 40)) return std::nullopt;
  return Cookie{option.data.first(8), option.data.subspan(8)};
}

std::optional<ExtendedError> parse_extended_error(const EdnsOption& option) {
  if (option.code != edns_option::ede || option.data.size() < 2) return std::nullopt;
  return ExtendedError{load_be16(option.data.data()), characters(option.data.subspan(2))};
}

std::optional<std::uint16_t> parse_keepalive(const EdnsOption& option) {
  if (option.code != edns_option::keepalive) return std::nullopt;
  if (option.data.empty()) return std::uint16_t{0};
  if (option.data.size() != 2) return std::nullopt;
  return load_be16(option.data.data());
}

std::string option_text(const EdnsOption& option) {
  if (auto subnet = parse_client_subnet(option))
    return fmt::format("ECS {}/{}/{}", format_ip(subnet->address), subnet->source_prefix,
                       subnet->scope_prefix);
  if (auto error = parse_extended_error(option)) return extended_error_text(*error);
  if (auto timeout = parse_keepalive(option); timeout && !option.data.empty())
    return fmt::format("KEEPALIVE {}", *timeout);
  std::string name = edns_option_text(option.code);
  if (option.data.empty()) return name;
  if (option.code == edns_option::padding) return fmt::format("PADDING {}", option.data.size());
  if (option.code == edns_option::nsid)
    return fmt::format("NSID {} ({})", hex(option.data), printable(characters(option.data)));
  return fmt::format("{} {}", name, hex(option.data));
}

}  // namespace dnstorm::capture::dns
