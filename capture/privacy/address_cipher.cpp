#include "capture/privacy/address_cipher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "capture/privacy/aes.hpp"

namespace dnstorm::capture::privacy {

namespace {

__extension__ using Bits = unsigned __int128;  // an address, its first bit the highest
constexpr unsigned all_bits = 128;
constexpr unsigned mapped_bits = 96;  // before an IPv4 address

Bits load(const std::uint8_t* bytes) {
  std::uint64_t half[2];
  std::memcpy(half, bytes, sizeof half);
  return Bits{__builtin_bswap64(half[0])} << 64 | __builtin_bswap64(half[1]);
}
void store(Bits value, std::uint8_t* bytes) {
  std::uint64_t half[2] = {__builtin_bswap64(static_cast<std::uint64_t>(value >> 64)),
                           __builtin_bswap64(static_cast<std::uint64_t>(value))};
  std::memcpy(bytes, half, sizeof half);
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "halves are swapped");
// The first `count` bits set.
Bits first_bits(unsigned count) { return count == 0 ? 0 : ~Bits{0} << (all_bits - count); }

class Truncation final : public AddressCipher {
 public:
  Truncation(unsigned v4_bits, unsigned v6_bits)
      : v4_(first_bits(mapped_bits + v4_bits)), v6_(first_bits(v6_bits)) {}
  IpAddress map(const IpAddress& address) override {
    IpAddress kept;
    store(load(address.bytes.data()) & (address.is_v4() ? v4_ : v6_), kept.bytes.data());
    return kept;
  }

 private:
  Bits v4_, v6_;
};

// One block for each bit: what it is encrypted to decides whether the bit is flipped. All blocks
// are known from the start, so they go through AES together.
using Blocks = std::array<std::uint8_t, all_bits * Aes128::block>;

class CryptoPan final : public AddressCipher {
 public:
  explicit CryptoPan(std::span<const std::uint8_t> key) : aes_(key.first<16>()) {
    std::array<std::uint8_t, 16> pad{};
    aes_.encrypt(key.data() + 16, pad.data(), pad.size());
    pad_ = load(pad.data());
  }
  // IPv4 addresses stand in the first 32 bits of a block.
  IpAddress map(const IpAddress& address) override {
    bool v4 = address.is_v4();
    unsigned bits = v4 ? all_bits - mapped_bits : all_bits;
    Bits original = load(address.bytes.data());
    if (v4) original <<= mapped_bits;
    for (unsigned bit = 0; bit < bits; ++bit) {
      Bits prefix = first_bits(bit);
      store((original & prefix) | (pad_ & ~prefix), &blocks_[bit * Aes128::block]);
    }
    aes_.encrypt(blocks_.data(), blocks_.data(), bits * Aes128::block);
    Bits flips = 0;
    for (unsigned bit = 0; bit < bits; ++bit)
      flips |= Bits{static_cast<unsigned>(blocks_[bit * Aes128::block] >> 7)}
               << (all_bits - 1 - bit);
    IpAddress mapped = address;
    if (v4) flips >>= mapped_bits;
    store(load(address.bytes.data()) ^ flips, mapped.bytes.data());
    return mapped;
  }

 private:
  Aes128 aes_;
  Bits pad_ = 0;
  Blocks blocks_;
};

class Ipcrypt final : public AddressCipher {
 public:
  explicit Ipcrypt(std::span<const std::uint8_t> key) : aes_(key.first<16>()) {}
  IpAddress map(const IpAddress& address) override {
    IpAddress mapped;
    aes_.encrypt(address.bytes.data(), mapped.bytes.data(), mapped.bytes.size());
    return mapped;
  }

 private:
  Aes128 aes_;
};

class IpcryptPfx final : public AddressCipher {
 public:
  explicit IpcryptPfx(std::span<const std::uint8_t> key)
      : first_(key.first<16>()), second_(key.subspan<16, 16>()) {}
  // A block is the bits before the one at hand, at its end, after a single one.
  IpAddress map(const IpAddress& address) override {
    unsigned begin = address.is_v4() ? mapped_bits : 0;
    Bits original = load(address.bytes.data());
    for (unsigned bit = begin; bit < all_bits; ++bit) {
      Bits prefix = bit == 0 ? 0 : original >> (all_bits - bit);
      store(Bits{1} << bit | prefix, &blocks_[(bit - begin) * Aes128::block]);
    }
    std::size_t size = (all_bits - begin) * Aes128::block;
    first_.encrypt(blocks_.data(), one_.data(), size);
    second_.encrypt(blocks_.data(), two_.data(), size);
    Bits flips = 0;
    for (unsigned bit = begin; bit < all_bits; ++bit) {
      std::size_t last = (bit - begin) * Aes128::block + Aes128::block - 1;
      flips |= Bits{static_cast<unsigned>((one_[last] ^ two_[last]) & 1)} << (all_bits - 1 - bit);
    }
    IpAddress mapped;
    store(original ^ flips, mapped.bytes.data());
    return mapped;
  }

 private:
  Aes128 first_, second_;
  Blocks blocks_, one_, two_;
};

}  // namespace

std::size_t key_size(AddressMethod method) {
  switch (method) {
    case AddressMethod::truncate:
      return 0;
    case AddressMethod::ipcrypt:
      return 16;
    default:
      return 32;
  }
}

std::unique_ptr<AddressCipher> make_truncation(unsigned v4_bits, unsigned v6_bits) {
  return std::make_unique<Truncation>(v4_bits, v6_bits);
}

Result<std::unique_ptr<AddressCipher>> make_address_cipher(AddressMethod method,
                                                           const std::vector<std::uint8_t>& key) {
  if (key.size() != key_size(method) || key.empty())
    return Error{
        ErrorKind::config,
        fmt::format("this method needs a key of {} bytes, not of {}", key_size(method), key.size()),
        "key_file"};
  bool halves_equal =
      key.size() == 32 && std::equal(key.begin(), key.begin() + 16, key.begin() + 16);
  if (method == AddressMethod::ipcrypt_pfx && halves_equal)
    return Error{ErrorKind::config,
                 "the two halves of the key are the same, with which ipcrypt-pfx changes nothing",
                 "key_file"};
  std::unique_ptr<AddressCipher> cipher;
  if (method == AddressMethod::crypto_pan)
    cipher = std::make_unique<CryptoPan>(key);
  else if (method == AddressMethod::ipcrypt)
    cipher = std::make_unique<Ipcrypt>(key);
  else
    cipher = std::make_unique<IpcryptPfx>(key);
  return cipher;
}

}  // namespace dnstorm::capture::privacy
