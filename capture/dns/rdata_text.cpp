#include <fmt/format.h>
#include <fmt/ranges.h>

#include "capture/dns/base_encodings.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/detail/encode.hpp"
#include "capture/dns/rdata.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::dns {
namespace {

using detail::quoted;

// Names end with a dot in a zone file.
std::string absolute(const std::string& name) { return name == "." ? name : name + "."; }

std::string unknown_form(ByteSpan rdata) {
  if (rdata.empty()) return "\\# 0";
  return fmt::format("\\# {} {}", rdata.size(), hex(rdata));
}

std::string join_types(const std::vector<std::uint16_t>& types) {
  std::string text;
  for (std::uint16_t type : types) text += " " + type_text(type);
  return text;
}

std::string text_of(const Soa& soa) {
  return fmt::format("{} {} {} {} {} {} {}", absolute(soa.mname), absolute(soa.rname), soa.serial,
                     soa.refresh, soa.retry, soa.expire, soa.minimum);
}
std::string text_of(const Mx& mx) {
  return fmt::format("{} {}", mx.preference, absolute(mx.exchange));
}
std::string text_of(const Srv& srv) {
  return fmt::format("{} {} {} {}", srv.priority, srv.weight, srv.port, absolute(srv.target));
}
std::string text_of(const Ds& ds) {
  return fmt::format("{} {} {} {}", ds.key_tag, ds.algorithm, ds.digest_type, hex(ds.digest));
}
std::string text_of(const Rrsig& rrsig) {
  return fmt::format("{} {} {} {} {} {} {} {} {}", type_text(rrsig.type_covered), rrsig.algorithm,
                     rrsig.labels, rrsig.original_ttl, detail::signature_time(rrsig.expiration),
                     detail::signature_time(rrsig.inception), rrsig.key_tag, absolute(rrsig.signer),
                     base64(rrsig.signature));
}
std::string text_of(const Nsec& nsec) { return absolute(nsec.next) + join_types(nsec.types); }
std::string text_of(const Nsec3& nsec3) {
  return fmt::format("{} {} {} {} {}{}", nsec3.algorithm, nsec3.flags, nsec3.iterations,
                     nsec3.salt.empty() ? "-" : hex(nsec3.salt), base32hex(nsec3.next_hash),
                     join_types(nsec3.types));
}
std::string text_of(const Dnskey& key) {
  return fmt::format("{} {} {} {}", key.flags, key.protocol, key.algorithm, base64(key.key));
}
std::string text_of(const Caa& caa) {
  return fmt::format("{} {} {}", caa.flags, detail::printable(caa.tag), quoted(caa.value));
}
std::string text_of(const Tlsa& tlsa) {
  return fmt::format("{} {} {} {}", tlsa.usage, tlsa.selector, tlsa.matching_type, hex(tlsa.data));
}
std::string text_of(const std::vector<std::string_view>& strings) {
  std::string text;
  for (std::string_view string : strings) text += (text.empty() ? "" : " ") + quoted(string);
  return text;
}

// RFC 9460 14.3.2 and RFC 9461, 9540; others are keyN.
std::string svc_key_text(std::uint16_t key) {
  static constexpr std::string_view names[] = {"mandatory", "alpn",     "no-default-alpn",
                                               "port",      "ipv4hint", "ech",
                                               "ipv6hint",  "dohpath",  "ohttp"};
  return key < std::size(names) ? std::string(names[key]) : fmt::format("key{}", key);
}

std::string svc_keys_text(ByteSpan value) {
  std::vector<std::string> keys;
  for (std::size_t i = 0; i + 2 <= value.size(); i += 2)
    keys.push_back(svc_key_text(load_be16(&value[i])));
  return fmt::format("{}", fmt::join(keys, ","));
}

// A comma in an id is escaped in the list, and the list is escaped as a whole (RFC 9460 appendix
// A).
std::string alpn_text(ByteSpan value) {
  std::string list;
  for (std::size_t i = 0; i < value.size(); i += value[i] + std::size_t{1}) {
    if (!list.empty()) list += ',';
    for (std::uint8_t byte : value.subspan(i + 1, value[i])) {
      if (byte == ',' || byte == '\\') list += '\\';
      list += static_cast<char>(byte);
    }
  }
  return quoted(list);
}

std::string addresses_text(ByteSpan value, std::size_t size) {
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i + size <= value.size(); i += size)
    addresses.push_back(format_ip(size == 4 ? IpAddress::v4(&value[i]) : IpAddress::v6(&value[i])));
  return fmt::format("{}", fmt::join(addresses, ","));
}

std::string svc_value_text(const SvcParam& param) {
  switch (param.key) {
    case 0:
      return svc_keys_text(param.value);
    case 1:
      return alpn_text(param.value);
    case 3:
      return fmt::format("{}", load_be16(param.value.data()));
    case 4:
      return addresses_text(param.value, 4);
    case 5:
      return base64(param.value);
    case 6:
      return addresses_text(param.value, 16);
    default:
      return quoted({reinterpret_cast<const char*>(param.value.data()), param.value.size()});
  }
}

std::string text_of(const Svcb& svcb) {
  std::string text = fmt::format("{} {}", svcb.priority, absolute(svcb.target));
  for (const SvcParam& param : svcb.params) {
    text += " " + svc_key_text(param.key);
    if (!param.value.empty()) text += "=" + svc_value_text(param);
  }
  return text;
}

template <class T>
std::optional<std::string> text_if(const std::optional<T>& parsed) {
  if (!parsed) return std::nullopt;
  return text_of(*parsed);
}

// Nothing for types without a form of their own and for data that do not have it.
std::optional<std::string> typed_text(const Message& message, const Record& record) {
  switch (record.type) {
    case type::a:
    case type::aaaa: {
      auto address = parse_address(message, record);
      return address ? std::optional(format_ip(*address)) : std::nullopt;
    }
    case type::ns:
    case type::cname:
    case type::ptr:
    case type::dname: {
      auto host = parse_host(message, record);
      return host ? std::optional(absolute(*host)) : std::nullopt;
    }
    case type::txt:
      return text_if(parse_txt(message, record));
    case type::soa:
      return text_if(parse_soa(message, record));
    case type::mx:
      return text_if(parse_mx(message, record));
    case type::srv:
      return text_if(parse_srv(message, record));
    case type::ds:
    case type::cds:
      return text_if(parse_ds(message, record));
    case type::rrsig:
      return text_if(parse_rrsig(message, record));
    case type::nsec:
      return text_if(parse_nsec(message, record));
    case type::nsec3:
      return text_if(parse_nsec3(message, record));
    case type::dnskey:
    case type::cdnskey:
      return text_if(parse_dnskey(message, record));
    case type::svcb:
    case type::https:
      return text_if(parse_svcb(message, record));
    case type::caa:
      return text_if(parse_caa(message, record));
    case type::tlsa:
    case type::smimea:
      return text_if(parse_tlsa(message, record));
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string rdata_text(const Message& message, const Record& record) {
  return typed_text(message, record).value_or(unknown_form(message.rdata(record)));
}

std::string to_text(const Message& message, const Record& record) {
  return fmt::format("{} {} {} {} {}", absolute(message.owner(record, LetterCase::keep)),
                     record.ttl, class_text(record.dns_class), type_text(record.type),
                     rdata_text(message, record));
}

}  // namespace dnstorm::capture::dns
