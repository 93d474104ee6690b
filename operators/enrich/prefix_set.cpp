#include "operators/enrich/prefix_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace dnstorm::operators {

namespace {

std::optional<unsigned> length_of(std::string_view text, unsigned most) {
  unsigned length = 0;
  const char* end = text.data() + text.size();
  auto [rest, problem] = std::from_chars(text.data(), end, length);
  if (problem != std::errc() || rest != end || length > most) return std::nullopt;
  return length;
}

}  // namespace

Result<PrefixSet::Prefix> PrefixSet::parse_one(const std::string& text) {
  std::size_t slash = text.find('/');
  auto address = parse_ip(std::string_view(text).substr(0, slash));
  Error wrong{ErrorKind::config,
              fmt::format("'{}' is no network: write an address or a prefix such as 192.0.2.0/24 "
                          "or 2001:db8::/32",
                          text),
              ""};
  if (!address) return wrong;
  unsigned most = address->is_v4() ? 32 : 128;
  auto length = slash == std::string::npos
                    ? std::optional(most)
                    : length_of(std::string_view(text).substr(slash + 1), most);
  if (!length) return wrong;
  unsigned kept = 128 - most + *length;
  IpAddress mask;
  for (unsigned bit = 0; bit < kept; ++bit)
    mask.bytes[bit / 8] |= static_cast<std::uint8_t>(0x80 >> bit % 8);
  Prefix prefix{};
  std::memcpy(prefix.mask, mask.bytes.data(), sizeof prefix.mask);
  std::memcpy(prefix.bits, address->bytes.data(), sizeof prefix.bits);
  if ((prefix.bits[0] & ~prefix.mask[0]) != 0 || (prefix.bits[1] & ~prefix.mask[1]) != 0)
    return Error{ErrorKind::config,
                 fmt::format("'{}' has bits behind the length of its prefix", text), ""};
  return prefix;
}

void PrefixSet::add(const Prefix& prefix) {
  prefixes_.push_back(prefix);
  IpAddress mask, bits;
  std::memcpy(mask.bytes.data(), prefix.mask, sizeof prefix.mask);
  std::memcpy(bits.bytes.data(), prefix.bits, sizeof prefix.bits);
  for (std::size_t first = 0; first < first_bytes; ++first) {
    // Known of such an address: its first byte, and that it is one of IPv4.
    IpAddress known, address;
    if (first >= 256) {
      std::fill_n(known.bytes.begin(), 12, std::uint8_t{0xff});
      const std::uint8_t v4[] = {static_cast<std::uint8_t>(first - 256), 0, 0, 0};
      address = IpAddress::v4(v4);
      known.bytes[12] = 0xff;
    } else {
      address.bytes[0] = static_cast<std::uint8_t>(first);
      known.bytes[0] = 0xff;
    }
    bool some = true, all = true;
    for (std::size_t i = 0; i < mask.bytes.size(); ++i) {
      some = some && ((address.bytes[i] ^ bits.bytes[i]) & mask.bytes[i] & known.bytes[i]) == 0;
      all = all && (mask.bytes[i] & ~known.bytes[i]) == 0;
    }
    if (some && held_[first] != Held::all) held_[first] = all ? Held::all : Held::some;
  }
}

Result<PrefixSet> PrefixSet::parse(const std::vector<std::string>& texts) {
  if (texts.size() > prefixes_max)
    return Error{ErrorKind::config,
                 fmt::format("{} networks are too many: at most {}", texts.size(), prefixes_max),
                 ""};
  PrefixSet set;
  for (const std::string& text : texts) set.add(DNSTORM_TRY(parse_one(text)));
  return set;
}

}  // namespace dnstorm::operators
