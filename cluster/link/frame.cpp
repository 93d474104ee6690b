#include "cluster/link/frame.hpp"

#include "cluster/link/bytes.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::cluster {
namespace {

constexpr std::uint16_t magic = 0x5344;  // "DS"
// magic, version, oldest, header size, kind, lane | 4 numbers | acks | messages, reserved
constexpr std::size_t header_size = 8 + 4 * 8 + lane_count * 16 + 8;
constexpr std::uint32_t own_part = 0x8000'0000;  // in the table, beside the size

void put_header(std::uint8_t*& at, const FrameHeader& header, std::size_t messages) {
  put(at, magic);
  put(at, header.version);
  put(at, wire_version_oldest);
  put(at, static_cast<std::uint16_t>(header_size));
  put(at, header.kind);
  put(at, header.lane);
  put(at, header.incarnation);
  put(at, header.from);
  put(at, header.to);
  put(at, header.sequence);
  for (const LaneAck& ack : header.acks) {
    put(at, ack.next);
    put(at, ack.early);
  }
  put(at, static_cast<std::uint32_t>(messages));
  put(at, std::uint32_t{0});
}

// The reader stands behind the header's fields of our version afterwards.
std::optional<Refusal> read_header(BytesReader& in, FrameHeader& header, std::uint32_t& messages) {
  std::uint16_t mark = 0;
  std::uint8_t oldest = 0;
  std::uint16_t size = 0;
  if (!in.take(mark) || mark != magic) return Refusal::malformed;
  if (!in.take(header.version) || !in.take(oldest)) return Refusal::malformed;
  // The newer of two decides whether it still speaks as the older does.
  if (header.version < wire_version_oldest || oldest > wire_version) return Refusal::version;
  std::uint8_t kind = 0;
  std::uint8_t lane = 0;
  if (!in.take(size) || !in.take(kind) || !in.take(lane)) return Refusal::malformed;
  if (kind < 1 || kind > 4 || lane >= lane_count || size < header_size) return Refusal::malformed;
  header.kind = static_cast<FrameKind>(kind);
  header.lane = static_cast<Lane>(lane);
  if (!in.take(header.incarnation) || !in.take(header.from) || !in.take(header.to) ||
      !in.take(header.sequence))
    return Refusal::malformed;
  for (LaneAck& ack : header.acks)
    if (!in.take(ack.next) || !in.take(ack.early)) return Refusal::malformed;
  std::uint32_t reserved = 0;
  if (!in.take(messages) || !in.take(reserved)) return Refusal::malformed;
  // Fields of a newer version are passed over.
  if (!in.skip(size - header_size)) return Refusal::malformed;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Refusal refusal) {
  constexpr std::array<std::string_view, refusal_count> names = {
      "malformed",     "version",  "foreign_incarnation", "foreign_session", "duplicate",
      "out_of_window", "too_large"};
  return names[static_cast<std::size_t>(refusal)];
}

Frame write_frame(const FrameHeader& header, const std::vector<Buffer>& messages) {
  std::size_t size = header_size + messages.size() * 4;
  std::size_t parts = 0;
  for (const Buffer& message : messages) {
    DNSTORM_ASSERT(message.size < own_part, "a message is smaller than the table can say",
                   message.size);
    if (message.size < part_bytes_min)
      size += message.size;
    else
      ++parts;
  }
  auto head = std::make_shared_for_overwrite<std::uint8_t[]>(size);
  std::uint8_t* at = head.get();
  put_header(at, header, messages.size());
  Frame frame;
  frame.parts.reserve(parts);
  for (const Buffer& message : messages) {
    bool large = message.size >= part_bytes_min;
    put(at, static_cast<std::uint32_t>(message.size) | (large ? own_part : 0));
    if (large) frame.parts.push_back(message);
  }
  for (const Buffer& message : messages) {
    if (message.size >= part_bytes_min || message.size == 0) continue;
    std::memcpy(at, message.data.get(), message.size);
    at += message.size;
  }
  frame.head = {std::move(head), size};
  return frame;
}

std::optional<Refusal> read_frame(const Frame& frame, FrameHeader& header,
                                  std::vector<Buffer>& messages) {
  messages.clear();
  BytesReader in(frame.head.view());
  std::uint32_t count = 0;
  if (auto refusal = read_header(in, header, count)) return refusal;
  if (count > frame_messages_max || in.left() / 4 < count) return Refusal::malformed;
  if ((header.kind == FrameKind::data) != (count != 0)) return Refusal::malformed;
  std::size_t at = in.offset() + std::size_t{count} * 4;
  std::size_t part = 0;
  messages.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t entry = 0;
    if (!in.take(entry)) return Refusal::malformed;
    std::size_t size = entry & ~own_part;
    if ((entry & own_part) != 0) {
      if (part == frame.parts.size() || frame.parts[part].size != size) return Refusal::malformed;
      messages.push_back(frame.parts[part++]);
    } else {
      if (frame.head.size - at < size) return Refusal::malformed;
      messages.push_back(frame.head.part(at, size));
      at += size;
    }
  }
  if (at != frame.head.size || part != frame.parts.size()) return Refusal::malformed;
  return std::nullopt;
}

}  // namespace dnstorm::cluster
