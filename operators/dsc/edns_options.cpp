#include "operators/dsc/edns_options.hpp"

#include <fmt/format.h>

#include <cctype>

#include "capture/dns/codes.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::operators {

namespace dns = capture::dns;
using I = DscIndexer;
using Bytes8 = std::span<const std::uint8_t>;

namespace {

std::string hex(Bytes8 bytes) {
  std::string text;
  for (std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string printable(Bytes8 bytes) {
  std::string text;
  for (std::uint8_t byte : bytes) text += std::isprint(byte) != 0 ? static_cast<char>(byte) : '.';
  return text;
}

constexpr std::size_t subnet_head = 4;  // family, source and scope prefix

// The address bytes of a client subnet.
Bytes8 subnet_address(const dns::EdnsOption& option) {
  return option.data.size() > subnet_head ? option.data.subspan(subnet_head) : Bytes8{};
}

std::uint32_t subnet_number(I indexer, const std::optional<dns::EdnsOption>& option) {
  if (!option || option->data.size() < subnet_head) return 0;
  const std::uint8_t* at = option->data.data();
  if (indexer == I::edns_ecs_family) return load_be16(at) + 1U;
  return at[indexer == I::edns_ecs_source_prefix ? 2 : 3] + 1U;
}

std::uint32_t cookie_size(const std::optional<dns::EdnsOption>& option) {
  auto cookie = option ? dns::parse_cookie(*option) : std::nullopt;
  return cookie ? static_cast<std::uint32_t>(cookie->client.size() + cookie->server.size()) : 0;
}

std::optional<std::string> subnet_label(I indexer, const dns::EdnsOption& option) {
  Bytes8 address = subnet_address(option);
  if (address.empty()) return {};
  if (indexer == I::edns_ecs_address) return hex(address);
  auto subnet = dns::parse_client_subnet(option);
  if (!subnet) return {};
  return format_ip(subnet->address);
}

}  // namespace

std::optional<dns::EdnsOption> find_edns_option(Bytes8 options, std::uint16_t code) {
  std::optional<dns::EdnsOption> found;
  while (options.size() >= 4) {
    std::size_t size = load_be16(options.data() + 2);
    if (size > options.size() - 4) break;
    if (load_be16(options.data()) == code) found = {code, options.subspan(4, size)};
    options = options.subspan(4 + size);
  }
  return found;
}

std::uint32_t edns_option_number(I indexer, Bytes8 options) {
  if (options.empty()) return 0;
  auto find = [&](std::uint16_t code) { return find_edns_option(options, code); };
  auto error = [&]() -> std::optional<dns::ExtendedError> {
    auto option = find(dns::edns_option::ede);
    return option ? dns::parse_extended_error(*option) : std::nullopt;
  };
  switch (indexer) {
    case I::edns_cookie_len:
      return cookie_size(find(dns::edns_option::cookie));
    case I::edns_ede:
      return find(dns::edns_option::ede) ? 1 : 0;
    case I::edns_ede_code:
      if (auto found = error()) return found->code + 1U;
      return 0;
    case I::edns_ede_textlen:
      if (auto found = error()) return static_cast<std::uint32_t>(found->text.size());
      return 0;
    case I::edns_nsid_len:
      if (auto found = find(dns::edns_option::nsid))
        return static_cast<std::uint32_t>(found->data.size());
      return 0;
    default:
      return subnet_number(indexer, find(dns::edns_option::ecs));
  }
}

std::optional<std::string> edns_option_label(I indexer, Bytes8 options) {
  if (options.empty()) return {};
  if (indexer == I::edns_ecs_address || indexer == I::edns_ecs_subnet) {
    auto found = find_edns_option(options, dns::edns_option::ecs);
    return found ? subnet_label(indexer, *found) : std::nullopt;
  }
  if (indexer == I::edns_nsid_data || indexer == I::edns_nsid_text) {
    auto found = find_edns_option(options, dns::edns_option::nsid);
    if (!found || found->data.empty()) return {};
    return indexer == I::edns_nsid_data ? hex(found->data) : printable(found->data);
  }
  if (indexer == I::edns_ede_text) {
    auto found = find_edns_option(options, dns::edns_option::ede);
    auto error = found ? dns::parse_extended_error(*found) : std::nullopt;
    if (!error || error->text.empty()) return {};
    return std::string(error->text);
  }
  auto found = find_edns_option(options, dns::edns_option::cookie);
  auto cookie = found ? dns::parse_cookie(*found) : std::nullopt;
  if (!cookie) return {};
  Bytes8 part = indexer == I::edns_cookie_client ? cookie->client : cookie->server;
  if (part.empty()) return {};
  return hex(part);
}

}  // namespace dnstorm::operators
