// Where a DNS message begins in a stream of bytes (RFC 1035 4.2.2: two bytes of length before each
// message). Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dnstorm::capture::stream {

// What stands where a message is due.
enum class Frame : std::uint8_t {
  whole,       // a message with its length, complete
  unfinished,  // the beginning of one, or too few bytes to tell
  junk         // no message
};

// `bytes` is what there is of the stream from a place on where a message is due. `size` is set of
// `whole` and, if known, of `unfinished`: the length of the message without its two bytes.
Frame frame_at(std::span<const std::uint8_t> bytes, std::size_t& size);

// The first place in `bytes` at which a stream that is joined in the middle has a message: a length
// and a header that fit together, and, behind the first byte, what follows fits as well.
// bytes.size(): there is none.
std::size_t find_frame(std::span<const std::uint8_t> bytes);

}  // namespace dnstorm::capture::stream
