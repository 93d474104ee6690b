#include "operators/enrich/prefix_set.hpp"

#include <fmt/format.h>

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

Result<PrefixSet> PrefixSet::parse(const std::vector<std::string>& texts) {
  if (texts.size() > prefixes_max)
    return Error{ErrorKind::config,
                 fmt::format("{} networks are too many: at most {}", texts.size(), prefixes_max),
                 ""};
  PrefixSet set;
  for (const std::string& text : texts) set.prefixes_.push_back(DNSTORM_TRY(parse_one(text)));
  return set;
}

}  // namespace dnstorm::operators
