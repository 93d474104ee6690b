// A frame: what goes over the way between two ends of a link at once. A head (a header of fixed
// fields, a table of the messages, and small messages in it) and, beside it, larger messages as
// parts of their own, so that nobody copies them. Pure; cluster/README.md has the layout.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "cluster/link/buffer.hpp"

namespace dnstorm::cluster {

inline constexpr std::uint8_t wire_version = 1;
inline constexpr std::uint8_t wire_version_oldest = 1;  // that is still understood

struct Frame {
  Buffer head;
  std::vector<Buffer> parts;

  std::size_t size() const {
    std::size_t sum = head.size;
    for (const Buffer& part : parts) sum += part.size;
    return sum;
  }
};

// Each lane has an order of its own: what is urgent (credits, acks) overtakes rows.
enum class Lane : std::uint8_t { urgent, rows };
inline constexpr std::size_t lane_count = 2;

enum class FrameKind : std::uint8_t {
  hello = 1,   // a way is there (again): say what you have, and know what I have
  answer = 2,  // to a hello
  data = 3,
  ack = 4,  // nothing but LaneAcks
};

// What one end has of a lane of the other.
struct LaneAck {
  std::uint64_t next = 0;   // all frames below have arrived
  std::uint64_t early = 0;  // the least that came before its turn; 0: none did
  bool operator==(const LaneAck&) const = default;
};

struct FrameHeader {
  std::uint8_t version = wire_version;
  FrameKind kind = FrameKind::data;
  Lane lane = Lane::rows;
  std::uint64_t incarnation = 0;
  std::uint64_t from = 0;  // session of the sender
  std::uint64_t to = 0;    // session of the receiver; 0 in a hello that does not know it
  std::uint64_t sequence = 0;
  std::array<LaneAck, lane_count> acks;
};

// Why a frame was not taken.
enum class Refusal : std::uint8_t {
  malformed,            // no frame of a version that is understood
  version,              // of another version
  foreign_incarnation,  // of an older or newer run of the topology
  foreign_session,      // of another process than the one that began
  duplicate,            // it had arrived
  out_of_window,        // too far ahead of its turn
  too_large,
};
inline constexpr std::size_t refusal_count = 7;
std::string_view to_string(Refusal refusal);

// Messages from this size on are parts of their own.
inline constexpr std::size_t part_bytes_min = 4096;
inline constexpr std::size_t frame_messages_max = 65'536;

Frame write_frame(const FrameHeader& header, const std::vector<Buffer>& messages);

// The messages are pieces of the frame's buffers.
std::optional<Refusal> read_frame(const Frame& frame, FrameHeader& header,
                                  std::vector<Buffer>& messages);

}  // namespace dnstorm::cluster
