// Just enough of the protobuf wire format (https://protobuf.dev/programming-guides/encoding/).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "capture/dnstap/message.hpp"

namespace dnstorm::capture::dnstap::detail {

enum Wire : std::uint32_t {
  varint = 0,
  fixed64 = 1,
  bytes = 2,
  group = 3,
  end_group = 4,
  fixed32 = 5
};

constexpr std::uint32_t tag(std::uint32_t field, Wire wire) { return field << 3 | wire; }

class ProtobufReader {
 public:
  explicit ProtobufReader(std::span<const std::uint8_t> in)
      : at_(in.data()), end_(in.data() + in.size()) {}

  bool at_end() const { return at_ == end_; }
  DecodeError error() const { return error_; }

  // The next field's number and wire type; false on an error.
  bool take_tag(std::uint32_t& out) {
    std::uint64_t value = 0;
    if (!take_varint(value)) return false;
    // Field numbers have 29 bits.
    if (value >> 32 != 0 || value >> 3 == 0 || (value & 7) > fixed32)
      return fail(DecodeError::bad_field);
    out = static_cast<std::uint32_t>(value);
    return true;
  }
  bool take_varint(std::uint64_t& out) {
    if (at_ != end_ && *at_ < 0x80) [[likely]] {
      out = *at_++;
      return true;
    }
    return take_long_varint(out);
  }
  bool take_fixed32(std::uint32_t& out) {
    if (left() < 4) return fail(DecodeError::truncated);
    std::memcpy(&out, at_, 4);  // little-endian, as all machines dnstorm runs on
    at_ += 4;
    return true;
  }
  bool take_bytes(std::span<const std::uint8_t>& out) {
    std::uint64_t length = 0;
    if (!take_varint(length)) return false;
    if (length > left()) return fail(DecodeError::truncated);
    out = {at_, static_cast<std::size_t>(length)};
    at_ += length;
    return true;
  }
  // Behind a field that nobody knows.
  bool skip(std::uint32_t tag);

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool take_long_varint(std::uint64_t& out);
  bool skip_bytes(std::size_t count) {
    if (left() < count) return fail(DecodeError::truncated);
    at_ += count;
    return true;
  }
  bool fail(DecodeError error) {
    error_ = error;
    return false;
  }

  const std::uint8_t* at_;
  const std::uint8_t* end_;
  DecodeError error_ = DecodeError::none;
};

inline void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}
inline void put_number(std::vector<std::uint8_t>& out, std::uint32_t field, std::uint64_t value) {
  put_varint(out, tag(field, varint));
  put_varint(out, value);
}
inline void put_fixed32(std::vector<std::uint8_t>& out, std::uint32_t field, std::uint32_t value) {
  put_varint(out, tag(field, fixed32));
  for (int shift = 0; shift < 32; shift += 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}
inline void put_bytes(std::vector<std::uint8_t>& out, std::uint32_t field,
                      std::span<const std::uint8_t> value) {
  put_varint(out, tag(field, bytes));
  put_varint(out, value.size());
  out.insert(out.end(), value.begin(), value.end());
}

}  // namespace dnstorm::capture::dnstap::detail
