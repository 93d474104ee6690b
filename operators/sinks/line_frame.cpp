#include "operators/sinks/line_frame.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <charconv>

namespace dnstorm::operators {

namespace {

constexpr std::string_view mark = "#dnstorm ";
constexpr std::size_t number_width = 10;
constexpr std::size_t checksum_width = 8;

std::string numbers_of(std::size_t points, std::size_t bytes) {
  return fmt::format("{:>{}} {:>{}}", points, number_width, bytes, number_width);
}

std::uint32_t checksum_of(std::string_view numbers, std::string_view lines) {
  auto bytes = [](std::string_view text) { return reinterpret_cast<const Bytef*>(text.data()); };
  uLong sum = crc32_z(0, bytes(numbers), numbers.size());
  return static_cast<std::uint32_t>(crc32_z(sum, bytes(lines), lines.size()));
}

bool read_number(std::string_view text, std::uint32_t& out, int base = 10) {
  std::size_t digits = text.find_first_not_of(' ');
  if (digits == std::string_view::npos) return false;
  const char* end = text.data() + text.size();
  auto [at, error] = std::from_chars(text.data() + digits, end, out, base);
  return error == std::errc{} && at == end;
}

}  // namespace

std::string frame_of(const LineChunk& chunk) {
  std::string numbers = numbers_of(chunk.points(), chunk.bytes());
  return fmt::format("{}{} {:08x}\n{}", mark, numbers, checksum_of(numbers, chunk.text),
                     chunk.text);
}

std::optional<FrameHead> frame_head(std::string_view text) {
  constexpr std::size_t bytes_at = mark.size() + number_width + 1;
  constexpr std::size_t checksum_at = bytes_at + number_width + 1;
  static_assert(checksum_at + checksum_width + 1 == FrameHead::bytes_on_disk);
  if (text.size() < FrameHead::bytes_on_disk || !text.starts_with(mark)) return {};
  if (text[bytes_at - 1] != ' ' || text[checksum_at - 1] != ' ' ||
      text[FrameHead::bytes_on_disk - 1] != '\n')
    return {};
  FrameHead head;
  bool read = read_number(text.substr(mark.size(), number_width), head.points) &&
              read_number(text.substr(bytes_at, number_width), head.bytes) &&
              read_number(text.substr(checksum_at, checksum_width), head.checksum, 16);
  return read ? std::optional(head) : std::nullopt;
}

std::optional<LineChunk> frame_lines(const FrameHead& head, std::string lines) {
  if (lines.size() != head.bytes) return {};
  if (checksum_of(numbers_of(head.points, head.bytes), lines) != head.checksum) return {};
  LineChunk chunk;
  chunk.starts = line_starts(lines);
  chunk.text = std::move(lines);
  return chunk.points() == head.points ? std::optional(std::move(chunk)) : std::nullopt;
}

}  // namespace dnstorm::operators
