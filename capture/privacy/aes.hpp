// AES-128 of whole blocks, each by itself (ECB): the building block of the address ciphers here,
// which give it blocks that differ. By OpenSSL. One instance a task; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st;

namespace dnstorm::capture::privacy {

class Aes128 {
 public:
  static constexpr std::size_t block = 16;

  explicit Aes128(std::span<const std::uint8_t, 16> key);
  ~Aes128();
  Aes128(const Aes128&) = delete;
  Aes128& operator=(const Aes128&) = delete;

  // `size` is a multiple of the block. In place is allowed.
  void encrypt(const std::uint8_t* in, std::uint8_t* out, std::size_t size);

 private:
  evp_cipher_ctx_st* context_;
};

}  // namespace dnstorm::capture::privacy
