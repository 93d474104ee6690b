// Networks as CIDR prefixes ("192.0.2.0/24", "2001:db8::/32", single addresses), and whether an
// address is in one of them. A value; few of them are expected, as a server has.
#pragma once

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

  bool contains(const IpAddress& address) const {
    std::uint64_t words[2];
    std::memcpy(words, address.bytes.data(), sizeof words);
    for (const Prefix& p : prefixes_)
      if (((words[0] & p.mask[0]) ^ p.bits[0]) == 0 && ((words[1] & p.mask[1]) ^ p.bits[1]) == 0)
        return true;
    return false;
  }

 private:
  struct Prefix {
    std::uint64_t mask[2], bits[2];  // as bytes lie in memory
  };
  static Result<Prefix> parse_one(const std::string& text);
  std::vector<Prefix> prefixes_;
};

}  // namespace dnstorm::operators
