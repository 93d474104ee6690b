// A bounded reader of big-endian bytes. Never throws, never reads past the end: take() functions
// say whether they could. For parsers of hostile input; header only because it sits in the hottest
// loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace dnstorm {

inline std::uint16_t load_be16(const std::uint8_t* p) {
  std::uint16_t v;
  std::memcpy(&v, p, 2);
  return __builtin_bswap16(v);
}
inline std::uint32_t load_be32(const std::uint8_t* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  return __builtin_bswap32(v);
}
inline std::uint64_t load_be64(const std::uint8_t* p) {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  return __builtin_bswap64(v);
}

class Cursor {
 public:
  explicit Cursor(std::span<const std::uint8_t> bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  const std::uint8_t* here() const { return at_; }

  [[nodiscard]] bool take_u8(std::uint8_t& out) {
    if (left() < 1) return false;
    out = *at_++;
    return true;
  }
  [[nodiscard]] bool take_u16(std::uint16_t& out) {
    if (left() < 2) return false;
    out = load_be16(at_);
    at_ += 2;
    return true;
  }
  [[nodiscard]] bool take_u32(std::uint32_t& out) {
    if (left() < 4) return false;
    out = load_be32(at_);
    at_ += 4;
    return true;
  }
  [[nodiscard]] bool take_bytes(std::size_t n, std::span<const std::uint8_t>& out) {
    if (left() < n) return false;
    out = {at_, n};
    at_ += n;
    return true;
  }
  [[nodiscard]] bool skip(std::size_t n) {
    if (left() < n) return false;
    at_ += n;
    return true;
  }

 private:
  const std::uint8_t* begin_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

}  // namespace dnstorm
