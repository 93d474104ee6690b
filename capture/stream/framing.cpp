#include "capture/stream/framing.hpp"

#include "engine/base/cursor.hpp"

namespace dnstorm::capture::stream {

namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t told_by = 2 + header_size;

// The least that so many questions and records take.
bool counts_fit(const std::uint8_t* header, std::size_t size) {
  std::size_t questions = load_be16(header + 4);
  std::size_t records =
      std::size_t{load_be16(header + 6)} + load_be16(header + 8) + load_be16(header + 10);
  return header_size + questions * 5 + records * 11 <= size;
}

// Strict: so that chance does not begin a message in the middle of another.
bool looks_like_message(const std::uint8_t* at, std::size_t left) {
  if (left < told_by + 1) return false;
  std::size_t size = load_be16(at);
  const std::uint8_t* header = at + 2;
  unsigned opcode = header[2] >> 3 & 0x0f;
  bool response = (header[2] & 0x80) != 0;
  unsigned questions = load_be16(header + 4);
  bool known = opcode == 0 || opcode == 2 || opcode == 4 || opcode == 5;
  bool asks_one = questions == 1 || (questions == 0 && response && load_be16(header + 6) != 0);
  bool clean = (header[3] & 0x40) == 0 && (response || (header[3] & 0x0f) == 0);
  return size >= header_size + 5 && known && asks_one && clean && counts_fit(header, size) &&
         header[header_size] <= 63;
}

}  // namespace

Frame frame_at(std::span<const std::uint8_t> bytes, std::size_t& size) {
  size = 0;
  if (bytes.size() < 2) return Frame::unfinished;
  std::size_t claimed = load_be16(bytes.data());
  bool complete = bytes.size() >= 2 + claimed;
  // A frame that ends where the bytes end is taken whatever it holds: the parser says what is
  // wrong.
  if (claimed != 0 && bytes.size() == 2 + claimed) {
    size = claimed;
    return Frame::whole;
  }
  if (claimed < header_size) {
    bool follows = claimed != 0 && complete &&
                   looks_like_message(bytes.data() + 2 + claimed, bytes.size() - 2 - claimed);
    if (follows) size = claimed;
    return follows ? Frame::whole : Frame::junk;
  }
  if (bytes.size() < told_by) {
    size = claimed;
    return Frame::unfinished;
  }
  bool fits =
      counts_fit(bytes.data() + 2, claimed) ||
      (complete && looks_like_message(bytes.data() + 2 + claimed, bytes.size() - 2 - claimed));
  if (!fits) return Frame::junk;
  size = claimed;
  return complete ? Frame::whole : Frame::unfinished;
}

std::size_t find_frame(std::span<const std::uint8_t> bytes) {
  const std::uint8_t* data = bytes.data();
  for (std::size_t at = 0; at + told_by < bytes.size(); ++at) {
    std::size_t left = bytes.size() - at;
    if (!looks_like_message(data + at, left)) continue;
    if (at == 0) return 0;
    std::size_t end = std::size_t{2} + load_be16(data + at);
    if (end == left || (end < left && looks_like_message(data + at + end, left - end))) return at;
  }
  return bytes.size();
}

}  // namespace dnstorm::capture::stream
