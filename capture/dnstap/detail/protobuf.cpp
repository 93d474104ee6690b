#include "capture/dnstap/detail/protobuf.hpp"

namespace dnstorm::capture::dnstap::detail {
namespace {
constexpr int group_depth_max = 64;
}

bool ProtobufReader::take_long_varint(std::uint64_t& out) {
  out = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) return fail(DecodeError::truncated);
    std::uint8_t byte = *at_++;
    // Of the tenth byte one bit counts; the others fall off, as in every reader of protobuf.
    out |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return fail(DecodeError::bad_varint);
}

bool ProtobufReader::skip(std::uint32_t tag) {
  int depth = 0;
  for (;;) {
    std::uint64_t number = 0;
    std::span<const std::uint8_t> value;
    switch (tag & 7) {
      case varint:
        if (!take_varint(number)) return false;
        break;
      case fixed64:
        if (!skip_bytes(8)) return false;
        break;
      case bytes:
        if (!take_bytes(value)) return false;
        break;
      case fixed32:
        if (!skip_bytes(4)) return false;
        break;
      case group:
        if (++depth > group_depth_max) return fail(DecodeError::bad_group);
        break;
      default:  // end_group
        if (--depth < 0) return fail(DecodeError::bad_group);
    }
    if (depth == 0) return true;
    if (!take_tag(tag)) return false;
  }
}

}  // namespace dnstorm::capture::dnstap::detail
