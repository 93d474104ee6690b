// Data of resource records: typed views and zone-file text. Called on demand, outside the hot path.
//
// parse_X() takes a record of a message that parse() has read and answers nothing when the record
// is of another type or its data do not have the form that the type's RFC asks for. Views point
// into the message. Names are text (name.hpp) in the letters of the message.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/dns/message.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::capture::dns {

using ByteSpan = std::span<const std::uint8_t>;

struct Soa {  // RFC 1035 3.3.13; times in seconds
  std::string mname, rname;
  std::uint32_t serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0;
};
struct Mx {  // RFC 1035 3.3.9
  std::uint16_t preference = 0;
  std::string exchange;
};
struct Srv {  // RFC 2782
  std::uint16_t priority = 0, weight = 0, port = 0;
  std::string target;
};
struct Ds {  // RFC 4034 5; also CDS
  std::uint16_t key_tag = 0;
  std::uint8_t algorithm = 0, digest_type = 0;
  ByteSpan digest;
};
struct Rrsig {  // RFC 4034 3; times in seconds since 1970, modulo 2^32
  std::uint16_t type_covered = 0;
  std::uint8_t algorithm = 0, labels = 0;
  std::uint32_t original_ttl = 0, expiration = 0, inception = 0;
  std::uint16_t key_tag = 0;
  std::string signer;
  ByteSpan signature;
};
struct Nsec {  // RFC 4034 4
  std::string next;
  std::vector<std::uint16_t> types;
};
struct Nsec3 {  // RFC 5155 3
  std::uint8_t algorithm = 0, flags = 0;
  std::uint16_t iterations = 0;
  ByteSpan salt, next_hash;
  std::vector<std::uint16_t> types;
};
struct Dnskey {  // RFC 4034 2; also CDNSKEY
  std::uint16_t flags = 0;
  std::uint8_t protocol = 0, algorithm = 0;
  ByteSpan key;
  std::uint16_t key_tag = 0;  // computed, RFC 4034 appendix B
};
struct SvcParam {
  std::uint16_t key = 0;
  ByteSpan value;
};
struct Svcb {  // RFC 9460; also HTTPS
  std::uint16_t priority = 0;
  std::string target;
  std::vector<SvcParam> params;
};
struct Caa {  // RFC 8659
  std::uint8_t flags = 0;
  std::string_view tag, value;
};
struct Tlsa {  // RFC 6698; also SMIMEA
  std::uint8_t usage = 0, selector = 0, matching_type = 0;
  ByteSpan data;
};

std::optional<IpAddress> parse_address(const Message& message, const Record& record);  // A, AAAA
std::optional<std::string> parse_host(const Message& message,
                                      const Record& record);  // NS CNAME PTR DNAME
std::optional<std::vector<std::string_view>> parse_txt(const Message& message,
                                                       const Record& record);
std::optional<Soa> parse_soa(const Message& message, const Record& record);
std::optional<Mx> parse_mx(const Message& message, const Record& record);
std::optional<Srv> parse_srv(const Message& message, const Record& record);
std::optional<Ds> parse_ds(const Message& message, const Record& record);
std::optional<Rrsig> parse_rrsig(const Message& message, const Record& record);
std::optional<Nsec> parse_nsec(const Message& message, const Record& record);
std::optional<Nsec3> parse_nsec3(const Message& message, const Record& record);
std::optional<Dnskey> parse_dnskey(const Message& message, const Record& record);
std::optional<Svcb> parse_svcb(const Message& message, const Record& record);
std::optional<Caa> parse_caa(const Message& message, const Record& record);
std::optional<Tlsa> parse_tlsa(const Message& message, const Record& record);

// The data in zone-file form (RFC 1035 5.1 and the RFC of the type), names with a dot at the end;
// types without a form of their own, and data that do not have it, as `\# 4 0a000001` (RFC 3597 5).
std::string rdata_text(const Message& message, const Record& record);
// The whole record on one line: owner, TTL, class, type, data, parted by a blank.
std::string to_text(const Message& message, const Record& record);

}  // namespace dnstorm::capture::dns
