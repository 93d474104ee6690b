#include "capture/privacy/aes.hpp"

#include <openssl/evp.h>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::privacy {

Aes128::Aes128(std::span<const std::uint8_t, 16> key) : context_(EVP_CIPHER_CTX_new()) {
  bool ready = context_ != nullptr &&
               EVP_EncryptInit_ex(context_, EVP_aes_128_ecb(), nullptr, key.data(), nullptr) == 1;
  DNSTORM_ASSERT(ready, "OpenSSL has no AES-128", key.size());
  EVP_CIPHER_CTX_set_padding(context_, 0);
}

Aes128::~Aes128() { EVP_CIPHER_CTX_free(context_); }

void Aes128::encrypt(const std::uint8_t* in, std::uint8_t* out, std::size_t size) {
  int written = 0;
  bool done = EVP_EncryptUpdate(context_, out, &written, in, static_cast<int>(size)) == 1;
  DNSTORM_ASSERT(done && static_cast<std::size_t>(written) == size, "AES of whole blocks fails",
                 size);
}

}  // namespace dnstorm::capture::privacy
