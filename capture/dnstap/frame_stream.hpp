// Frame Streams, the framing of dnstap (https://farsightsec.github.io/fstrm/): data frames are a
// length of four bytes (big-endian) and the payload; a length of zero escapes to a control frame,
// which has a length of its own, a type and fields.
//
// Pure functions over bytes; whoever owns the bytes (frame_file, frame_receiver) keeps the state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/cursor.hpp"

namespace dnstorm::capture::dnstap {

inline constexpr std::string_view dnstap_content_type = "protobuf:dnstap.Dnstap";
// Two messages of 64 KiB with all that goes with them are well below; a longer frame is damage.
inline constexpr std::uint32_t frame_bytes_max = 1u << 20;
// The limit of the specification.
inline constexpr std::uint32_t control_bytes_max = 512;

enum class ControlType : std::uint32_t { accept = 1, start = 2, stop = 3, ready = 4, finish = 5 };
inline constexpr std::uint32_t control_types_known = 5;

// A control frame. Other types than the known ones are kept as they are: they are skipped.
struct Control {
  ControlType type{};
  bool known = false;
  // What its fields of type CONTENT TYPE say: none at all means any.
  std::uint32_t content_types = 0;
  bool names_dnstap = false;
  std::string_view first_content_type;  // points into the frame

  bool takes_dnstap() const { return content_types == 0 || names_dnstap; }
};

// False where the fields do not fit the frame.
bool parse_control(std::span<const std::uint8_t> payload, Control& out);
// Appends a whole control frame, the escape included. An empty content type: no field.
void put_control(std::vector<std::uint8_t>& out, ControlType type,
                 std::string_view content_type = {});
// Appends a whole data frame. 1 to frame_bytes_max bytes.
void put_frame(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> payload);

// What stands at the beginning of some bytes.
struct Token {
  enum class Kind : std::uint8_t {
    data,
    control,
    more,      // `size` bytes are needed to go on
    too_long,  // a length beyond the limit: what follows cannot be trusted
  };
  Kind kind = Kind::more;
  std::uint32_t size = 0;  // of the whole frame, lengths included
  std::span<const std::uint8_t> payload;
};

inline Token next_token(std::span<const std::uint8_t> bytes) {
  if (bytes.size() < 4) return {Token::Kind::more, 4, {}};
  std::uint32_t length = load_be32(bytes.data());
  std::uint32_t head = 4;
  auto kind = Token::Kind::data;
  if (length == 0) [[unlikely]] {
    if (bytes.size() < 8) return {Token::Kind::more, 8, {}};
    length = load_be32(bytes.data() + 4);
    head = 8;
    kind = Token::Kind::control;
  }
  if (length > (kind == Token::Kind::data ? frame_bytes_max : control_bytes_max)) [[unlikely]]
    return {Token::Kind::too_long, length, {}};
  if (bytes.size() - head < length) return {Token::Kind::more, head + length, {}};
  return {kind, head + length, bytes.subspan(head, length)};
}

}  // namespace dnstorm::capture::dnstap
