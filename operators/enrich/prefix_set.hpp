// Networks as CIDR prefixes ("192.0.2.0/24", "2001:db8::/32", single addresses), and whether an
// address is in one of them. A value; few of them are expected, as a server has.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::operators {

class PrefixSet {
 public:
  static constexpr std::size_t prefixes_max = 256;
  // Fails with kind `config` if one is no prefix, has bits behind its length, or there are too
  // many.
  static Result<PrefixSet> parse(const std::vector<std::string>& texts);

  // By its first byte it is known of nearly every address that it is in none, or that it is in one.
  bool contains(const IpAddress& address) const {
    Held held = held_[first_byte(address)];
    return held == Held::some ? is_in_one(address) : held == Held::all;
  }

 private:
  struct Prefix {
    std::uint64_t mask[2], bits[2];  // as bytes lie in memory
  };
  enum class Held : std::uint8_t { none, some, all };
  // The first byte of an address and its family: 0 to 255 of IPv6, then of IPv4.
  static constexpr std::size_t first_bytes = 512;
  static std::size_t first_byte(const IpAddress& address) {
    return address.is_v4() ? 256U + address.bytes[12] : address.bytes[0];
  }
  bool is_in_one(const IpAddress& address) const {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof words);
    for (const Prefix& p : prefixes_)
      if (((words[0] & p.mask[0]) ^ p.bits[0]) == 0 && ((words[1] & p.mask[1]) ^ p.bits[1]) == 0)
        return true;
    return false;
  }
  static Result<Prefix> parse_one(const std::string& text);
  void add(const Prefix& prefix);

  std::vector<Prefix> prefixes_;
  std::array<Held, first_bytes> held_{};  // of the addresses that begin so
};

}  // namespace dnstorm::operators
