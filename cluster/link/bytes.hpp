// Numbers of fixed width in the order of the wire, which is that of the machines it is for (rows of
// a batch travel as they stand).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace dnstorm::cluster {

static_assert(std::endian::native == std::endian::little,
              "what goes over a link has its numbers little end first");

// Writes on from `at`, into room that the caller has made.
template <class T>
void put(std::uint8_t*& at, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(at, &value, sizeof value);
  at += sizeof value;
}

template <class T>
T load(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Reads on; never beyond the end.
class BytesReader {
 public:
  explicit BytesReader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  template <class T>
  [[nodiscard]] bool take(T& out) {
    static_assert(std::is_integral_v<T>);
    if (left() < sizeof out) return false;
    out = load<T>(bytes_.data() + at_);
    at_ += sizeof out;
    return true;
  }
  [[nodiscard]] bool skip(std::size_t n) {
    if (left() < n) return false;
    at_ += n;
    return true;
  }
  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t offset() const { return at_; }
  const std::uint8_t* here() const { return bytes_.data() + at_; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t at_ = 0;
};

}  // namespace dnstorm::cluster
