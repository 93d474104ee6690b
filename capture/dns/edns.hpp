// EDNS (RFC 6891): what the OPT record of a message says, and its options.
// Message::edns is filled by parse(); the option readers below are called on demand.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/ip.hpp"

namespace dnstorm::capture::dns {

struct EdnsOption {
  std::uint16_t code = 0;
  std::span<const std::uint8_t> data;  // into the message
};

struct Edns {
  bool present = false;
  bool dnssec_ok = false;  // the DO bit
  std::uint8_t version = 0;
  std::uint8_t extended_rcode = 0;  // the upper eight bits
  std::uint16_t udp_size = 0;       // what the sender can take, in bytes
  std::uint16_t flags = 0;          // all sixteen, DO included
  std::vector<EdnsOption> options;

  const EdnsOption* find(std::uint16_t code) const;
};

// RFC 7871. `address` holds the prefix, zero beyond it.
struct ClientSubnet {
  std::uint16_t family = 0;  // 1: IPv4, 2: IPv6
  std::uint8_t source_prefix = 0;
  std::uint8_t scope_prefix = 0;
  IpAddress address;
};
// RFC 7873
struct Cookie {
  std::span<const std::uint8_t> client;  // 8 bytes
  std::span<const std::uint8_t> server;  // 0 or 8 to 32 bytes
};
// RFC 8914
struct ExtendedError {
  std::uint16_t code = 0;
  std::string_view text;  // UTF-8 by the RFC, any bytes in practice
};

// Nothing when the option's data do not have the form that its RFC asks for.
std::optional<ClientSubnet> parse_client_subnet(const EdnsOption& option);
std::optional<Cookie> parse_cookie(const EdnsOption& option);
std::optional<ExtendedError> parse_extended_error(const EdnsOption& option);
// RFC 7828: the idle timeout in units of 100 ms; 0 in a query, which carries none.
std::optional<std::uint16_t> parse_keepalive(const EdnsOption& option);

// "ECS 192.0.2.0/24/0", "COOKIE 0102030405060708", "NSID 6e7331 (ns1)", "EDE 18 Prohibited: text",
// "PADDING 12", "OPT65001 0102"
std::string option_text(const EdnsOption& option);

}  // namespace dnstorm::capture::dns
