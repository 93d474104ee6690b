// Names of the numbers in DNS messages, as IANA registers them (and tshark and dig print them), and
// back. What has no name is written as RFC 3597 does: TYPE1234, CLASS77; likewise OPCODE7, RCODE17,
// OPT65001. Every text fits into std::string without allocation (at most 15 characters), save EDNS
// option names. Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dnstorm::capture::dns {

namespace type {
inline constexpr std::uint16_t a = 1, ns = 2, cname = 5, soa = 6, null = 10, ptr = 12, hinfo = 13,
                               mx = 15, txt = 16, rp = 17, afsdb = 18, aaaa = 28, loc = 29,
                               srv = 33, naptr = 35, dname = 39, opt = 41, ds = 43, sshfp = 44,
                               rrsig = 46, nsec = 47, dnskey = 48, nsec3 = 50, nsec3param = 51,
                               tlsa = 52, smimea = 53, cds = 59, cdnskey = 60, openpgpkey = 61,
                               svcb = 64, https = 65, tsig = 250, ixfr = 251, axfr = 252, any = 255,
                               caa = 257;
}  // namespace type

namespace dns_class {
inline constexpr std::uint16_t in = 1, ch = 3, hs = 4, none = 254, any = 255;
}  // namespace dns_class

namespace opcode {
inline constexpr std::uint8_t query = 0, iquery = 1, status = 2, notify = 4, update = 5, dso = 6;
}  // namespace opcode

namespace rcode {
inline constexpr std::uint16_t noerror = 0, formerr = 1, servfail = 2, nxdomain = 3, notimp = 4,
                               refused = 5;
}  // namespace rcode

namespace edns_option {
inline constexpr std::uint16_t nsid = 3, ecs = 8, expire = 9, cookie = 10, keepalive = 11,
                               padding = 12, chain = 13, ede = 15;
}  // namespace edns_option

// "A", "TYPE65534"; "CH", "CLASS77"; "UPDATE", "OPCODE7".
std::string type_text(std::uint16_t type);
std::string class_text(std::uint16_t dns_class);
std::string opcode_text(std::uint8_t opcode);
// Header codes and extended ones (RFC 6891 6.1.3): "NXDOMAIN", "BADCOOKIE", "RCODE17". 16 is
// BADVERS, as in a response; the TSIG reading of 16 (BADSIG) is not used.
std::string rcode_text(std::uint16_t rcode);
// "ECS", "COOKIE", "OPT65001".
std::string edns_option_text(std::uint16_t code);

// The other way, in any case of letters; names, the numbered forms, and plain numbers.
std::optional<std::uint16_t> parse_type(std::string_view text);
std::optional<std::uint16_t> parse_class(std::string_view text);
std::optional<std::uint8_t> parse_opcode(std::string_view text);
std::optional<std::uint16_t> parse_rcode(std::string_view text);
std::optional<std::uint16_t> parse_edns_option(std::string_view text);

}  // namespace dnstorm::capture::dns
