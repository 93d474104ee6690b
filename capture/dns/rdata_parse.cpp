#include "capture/dns/rdata_parse.hpp"

#include <array>
#include <chrono>
#include <map>

#include "capture/dns/base_encodings.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/detail/words.hpp"
#include "capture/dns/writer.hpp"
#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::dns {
namespace {

using detail::number;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t octets_max = 255;  // of a character-string

// The words of one record's data, put down one after the other. Every call answers false where the
// next word is missing or is something else.
class Data {
 public:
  Data(std::string_view text, Bytes& out) : words_(text), out_(out) {}

  bool done() { return words_.done(); }
  template <class T>
  bool integer() {
    auto value = number<T>(words_.next());
    return value && put(*value);
  }
  bool u8() { return integer<std::uint8_t>(); }
  bool u16() { return integer<std::uint16_t>(); }
  bool u32() { return integer<std::uint32_t>(); }
  bool name() {
    auto name = encode_name(words_.next());
    if (name) append(name->wire());
    return name.has_value();
  }
  bool address(bool v4) {
    auto ip = parse_ip(words_.next());
    if (!ip || ip->is_v4() != v4) return false;
    put_address(*ip);
    return true;
  }
  bool string() {
    std::string_view word = words_.next();
    std::size_t length_at = out_.size();
    out_.push_back(0);
    if (word.empty() || !detail::take_octets(word, out_)) return false;
    return close(length_at);
  }
  bool strings() {
    if (done()) return false;
    while (!done())
      if (!string()) return false;
    return true;
  }
  bool type() {
    auto type = parse_type(words_.next());
    return type && put(*type);
  }
  // RFC 4034 3.2: a date, or seconds since 1970.
  bool moment();
  bool types();
  bool counted_hex() {
    std::size_t length_at = out_.size();
    out_.push_back(0);
    std::string_view word = words_.next();
    return !word.empty() && (word == "-" || take_hex(word, out_)) && close(length_at);
  }
  bool counted_base32hex() {
    std::size_t length_at = out_.size();
    out_.push_back(0);
    std::string_view word = words_.next();
    return !word.empty() && take_base32hex(word, out_) && close(length_at);
  }
  bool rest_octets() { return !done() && detail::take_octets(words_.next(), out_) && done(); }
  bool rest_hex() { return !done() && take_hex(words_.take_digits(), out_); }
  bool rest_base64() { return !done() && take_base64(words_.take_digits(), out_); }
  bool svc_params();
  // RFC 3597 5, behind "\#".
  bool unknown_form() {
    std::size_t before = out_.size();
    auto length = number<std::uint16_t>(words_.next());
    return length && take_hex(words_.take_digits(), out_) && out_.size() - before == *length;
  }

 private:
  template <class T>
  bool put(T value) {
    for (std::size_t shift = sizeof(T) * 8; shift != 0; shift -= 8)
      out_.push_back(static_cast<std::uint8_t>(value >> (shift - 8)));
    return true;
  }
  void append(std::span<const std::uint8_t> bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void put_address(const IpAddress& ip) {
    append(std::span(ip.bytes).subspan(ip.is_v4() ? 12 : 0));
  }
  bool close(std::size_t length_at) {
    std::size_t length = out_.size() - length_at - 1;
    out_[length_at] = static_cast<std::uint8_t>(length);
    return length <= octets_max;
  }
  static std::optional<std::uint16_t> svc_key(std::string_view text);
  static bool svc_value(std::uint16_t key, std::string_view word, Bytes& out);

  detail::Words words_;
  Bytes& out_;
};

bool Data::moment() {
  std::string_view word = words_.next();
  if (word.size() != 14) {
    auto seconds = number<std::uint32_t>(word);
    return seconds && put(*seconds);
  }
  auto part = [&](std::size_t at, std::size_t n) {
    return number<std::uint32_t>(word.substr(at, n)).value_or(100'000);
  };
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                   std::chrono::month(part(4, 2)), std::chrono::day(part(6, 2))};
  std::uint32_t hour = part(8, 2), minute = part(10, 2), second = part(12, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  auto days = std::chrono::sys_days(date).time_since_epoch().count();
  // Serial numbers: the time is known modulo 2^32 seconds.
  return put(
      static_cast<std::uint32_t>(std::int64_t{days} * 86400 + hour * 3600 + minute * 60 + second));
}

bool Data::types() {
  std::map<std::uint8_t, std::array<std::uint8_t, 32>> windows;
  while (!done()) {
    auto type = parse_type(words_.next());
    if (!type) return false;
    auto low = static_cast<std::uint8_t>(*type);
    auto& bits = windows[static_cast<std::uint8_t>(*type >> 8U)];
    bits[low / 8] = static_cast<std::uint8_t>(bits[low / 8] | 0x80U >> low % 8);
  }
  for (const auto& [window, bits] : windows) {
    std::size_t length = 32;
    while (bits[length - 1] == 0) --length;
    out_.push_back(window);
    out_.push_back(static_cast<std::uint8_t>(length));
    append({bits.data(), length});
  }
  return true;
}

std::optional<std::uint16_t> Data::svc_key(std::string_view text) {
  // RFC 9460 14.3.2 and RFC 9461, 9540; "echconfig" is what older programs write.
  static constexpr std::string_view names[] = {"mandatory", "alpn",     "no-default-alpn",
                                               "port",      "ipv4hint", "ech",
                                               "ipv6hint",  "dohpath",  "ohttp"};
  for (std::uint16_t i = 0; i < std::size(names); ++i)
    if (names[i] == text) return i;
  if (text == "echconfig") return std::uint16_t{5};
  if (!text.starts_with("key")) return std::nullopt;
  return number<std::uint16_t>(text.substr(3));
}

// Calls `each` with every part of a list; a comma behind a backslash belongs to its part.
template <class Each>
bool each_of(std::string_view list, Each&& each) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= list.size(); ++at) {
    if (at < list.size() && list[at] == '\\') {
      ++at;
    } else if (at == list.size() || list[at] == ',') {
      if (!each(list.substr(begin, at - begin))) return false;
      begin = at + 1;
    }
  }
  return true;
}

bool Data::svc_value(std::uint16_t key, std::string_view word, Bytes& out) {
  Data data({}, out);
  if (key == 5) {
    if (word.size() >= 2 && word.front() == '"') word = word.substr(1, word.size() - 2);
    return take_base64(word, out);
  }
  Bytes plain;
  if (!detail::take_octets(word, plain)) return false;
  std::string_view text(reinterpret_cast<const char*>(plain.data()), plain.size());
  switch (key) {
    case 0:
      return each_of(text, [&](std::string_view part) {
        auto named = svc_key(part);
        return named && data.put(*named);
      });
    case 1:
      return each_of(text, [&](std::string_view part) {
        std::size_t length_at = out.size();
        out.push_back(0);
        return detail::take_octets(part, out) && data.close(length_at);
      });
    case 3: {
      auto port = number<std::uint16_t>(text);
      return port && data.put(*port);
    }
    case 4:
    case 6:
      return each_of(text, [&](std::string_view part) {
        auto ip = parse_ip(part);
        if (!ip || ip->is_v4() != (key == 4)) return false;
        data.put_address(*ip);
        return true;
      });
    default:
      data.append(plain);
      return true;
  }
}

bool Data::svc_params() {
  std::map<std::uint16_t, Bytes> params;
  while (!done()) {
    std::string_view word = words_.next();
    std::size_t equals = word.find('=');
    auto key = svc_key(word.substr(0, equals));
    if (!key) return false;
    Bytes& value = params[*key];
    if (equals != std::string_view::npos && !svc_value(*key, word.substr(equals + 1), value))
      return false;
    if (value.size() > 0xffff) return false;
  }
  for (const auto& [key, value] : params) {
    put(key);
    put(static_cast<std::uint16_t>(value.size()));
    append(value);
  }
  return true;
}

bool typed(std::uint16_t type, Data& data) {
  switch (type) {
    case type::a:
      return data.address(true);
    case type::aaaa:
      return data.address(false);
    case type::ns:
    case type::cname:
    case type::ptr:
    case type::dname:
      return data.name();
    case type::soa:
      return data.name() && data.name() && data.u32() && data.u32() && data.u32() && data.u32() &&
             data.u32();
    case type::mx:
    case type::afsdb:
      return data.u16() && data.name();
    case type::rp:
      return data.name() && data.name();
    case type::txt:
    case type::hinfo:
    case 99:  // SPF, RFC 7208 14.1
      return data.strings();
    case type::srv:
      return data.u16() && data.u16() && data.u16() && data.name();
    case type::naptr:
      return data.u16() && data.u16() && data.string() && data.string() && data.string() &&
             data.name();
    case type::ds:
    case type::cds:
      return data.u16() && data.u8() && data.u8() && data.rest_hex();
    case type::sshfp:
      return data.u8() && data.u8() && data.rest_hex();
    case type::tlsa:
    case type::smimea:
      return data.u8() && data.u8() && data.u8() && data.rest_hex();
    case type::dnskey:
    case type::cdnskey:
      return data.u16() && data.u8() && data.u8() && data.rest_base64();
    case type::openpgpkey:
      return data.rest_base64();
    case type::rrsig:
      return data.type() && data.u8() && data.u8() && data.u32() && data.moment() &&
             data.moment() && data.u16() && data.name() && data.rest_base64();
    case type::nsec:
      return data.name() && data.types();
    case type::nsec3:
      return data.u8() && data.u8() && data.u16() && data.counted_hex() &&
             data.counted_base32hex() && data.types();
    case type::nsec3param:
      return data.u8() && data.u8() && data.u16() && data.counted_hex();
    case type::svcb:
    case type::https:
      return data.u16() && data.name() && data.svc_params();
    case type::caa:
      return data.u8() && data.string() && data.rest_octets();
    default:
      return false;
  }
}

}  // namespace

bool parse_rdata(std::uint16_t type, std::string_view text, std::vector<std::uint8_t>& out) {
  detail::Words words(text);
  bool unknown = words.next() == "\\#";
  Data data(unknown ? words.rest() : text, out);
  if (unknown) return data.unknown_form();
  return typed(type, data) && data.done();
}

}  // namespace dnstorm::capture::dns
