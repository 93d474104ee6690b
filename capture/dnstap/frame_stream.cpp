#include "capture/dnstap/frame_stream.hpp"

#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {
namespace {

constexpr std::uint32_t content_type_field = 1;

void put_be32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> shift));
}

}  // namespace

bool parse_control(std::span<const std::uint8_t> payload, Control& out) {
  out = {};
  Cursor in(payload);
  std::uint32_t type = 0;
  if (!in.take_u32(type)) return false;
  out.type = static_cast<ControlType>(type);
  out.known = type >= 1 && type <= control_types_known;
  // Nothing is known of the rest of a frame of unknown type.
  if (!out.known) return true;
  while (in.left() > 0) {
    std::uint32_t field = 0;
    std::uint32_t length = 0;
    std::span<const std::uint8_t> value;
    if (!in.take_u32(field) || !in.take_u32(length) || !in.take_bytes(length, value)) return false;
    if (field != content_type_field) continue;
    std::string_view text(reinterpret_cast<const char*>(value.data()), value.size());
    if (out.content_types++ == 0) out.first_content_type = text;
    if (text == dnstap_content_type) out.names_dnstap = true;
  }
  return true;
}

void put_control(std::vector<std::uint8_t>& out, ControlType type, std::string_view content_type) {
  auto length = static_cast<std::uint32_t>(content_type.size());
  put_be32(out, 0);
  put_be32(out, content_type.empty() ? 4 : 12 + length);
  put_be32(out, static_cast<std::uint32_t>(type));
  if (content_type.empty()) return;
  put_be32(out, content_type_field);
  put_be32(out, length);
  out.insert(out.end(), content_type.begin(), content_type.end());
}

void put_frame(std::vector<std::uint8_t>& out, std::span<const std::uint8_t> payload) {
  DNSTORM_ASSERT(!payload.empty() && payload.size() <= frame_bytes_max,
                 "a frame has 1 byte to 1 MiB", payload.size());
  put_be32(out, static_cast<std::uint32_t>(payload.size()));
  out.insert(out.end(), payload.begin(), payload.end());
}

}  // namespace dnstorm::capture::dnstap
