// What addresses are replaced by before they leave the process. The same address always gives the
// same, so that counts and tops stay right; who has no key cannot go back.
//
//   truncate            the prefix stays, the rest becomes zero. No key; not one-to-one
//   Crypto-PAn          prefix-preserving: addresses with n equal leading bits give addresses with
//                       exactly n equal leading bits (Xu, Fan, Ammar, Moon, ICNP 2002; IPv6 as
//                       its other implementations have it: the same over 128 bits). Key of 32 bytes
//   ipcrypt             ipcrypt-deterministic of draft-denis-ipcrypt: AES-128 of the 16 bytes.
//                       IPv4 addresses become IPv6 addresses. Key of 16 bytes
//   ipcrypt_pfx         ipcrypt-pfx of the same draft: prefix-preserving. Key of 32 bytes
//
// All but truncate map different addresses to different ones. One instance a task; not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::capture::privacy {

enum class AddressMethod : std::uint8_t { truncate, crypto_pan, ipcrypt, ipcrypt_pfx };

// Bytes of the key; 0: none.
std::size_t key_size(AddressMethod method);

class AddressCipher {
 public:
  virtual ~AddressCipher() = default;
  virtual IpAddress map(const IpAddress& address) = 0;
};

// Bits that stay, of 32 and of 128.
std::unique_ptr<AddressCipher> make_truncation(unsigned v4_bits, unsigned v6_bits);
// Fails with kind `config` if the key has another size, or one that the method forbids.
Result<std::unique_ptr<AddressCipher>> make_address_cipher(AddressMethod method,
                                                           const std::vector<std::uint8_t>& key);

}  // namespace dnstorm::capture::privacy
