// Keyed hashes of names: the first 8 bytes of HMAC-SHA256, in hexadecimal. The same name gives the
// same hash, so that counts stay right; without the key no dictionary of names helps. By OpenSSL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::capture::privacy {

class NameHash {
 public:
  static constexpr std::size_t digits = 16;
  // The key proper is derived from `key`, which may have another use as well.
  explicit NameHash(const std::vector<std::uint8_t>& key);

  std::string of(std::string_view name) const;

 private:
  std::vector<std::uint8_t> key_;
};

}  // namespace dnstorm::capture::privacy
