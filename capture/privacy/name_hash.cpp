#include "capture/privacy/name_hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::privacy {

namespace {

using Digest = std::array<std::uint8_t, 32>;

Digest hmac(const std::vector<std::uint8_t>& key, std::string_view text) {
  Digest digest{};
  unsigned size = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  bool done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(),
                   digest.data(), &size) != nullptr;
  DNSTORM_ASSERT(done && size == digest.size(), "OpenSSL has no HMAC-SHA256", size);
  return digest;
}

}  // namespace

NameHash::NameHash(const std::vector<std::uint8_t>& key) {
  Digest derived = hmac(key, "dnstorm names");
  key_.assign(derived.begin(), derived.end());
}

std::string NameHash::of(std::string_view name) const {
  constexpr char hex[] = "0123456789abcdef";
  Digest digest = hmac(key_, name);
  std::string text(digits, '0');
  for (std::size_t i = 0; i < digits; ++i)
    text[i] = hex[digest[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  return text;
}

}  // namespace dnstorm::capture::privacy
