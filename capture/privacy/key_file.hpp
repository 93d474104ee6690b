// A secret key from a file: 16 or 32 bytes as hexadecimal digits, blanks and line ends aside, which
// nobody but the owner may read or write.
//
//   (umask 077; openssl rand -hex 32 > dnstorm.key)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::capture::privacy {

Result<std::vector<std::uint8_t>> read_key_file(const std::string& path);

}  // namespace dnstorm::capture::privacy
