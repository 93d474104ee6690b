// The language of DSC's configuration: one directive a line. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

struct DscDirective {
  int line = 0;
  std::string name;  // empty: a comment or an empty line
  std::vector<std::string> words;
  std::string rest;  // all of it behind the name
};

// Words are parted by blanks; one in double quotes may hold some. Fails where the `;` is missing.
Result<DscDirective> parse_dsc_directive(std::string_view line);

// "255.255.255.0" or "24" as a number of bits; nothing if it is neither.
std::optional<unsigned> mask_bits(const std::string& text, bool v4);
// The network of an address, as CIDR has it: no bits behind its length.
std::string network_text(IpAddress address, unsigned bits);

}  // namespace dnstorm::cli
