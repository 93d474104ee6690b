// What comes from outside to the influx sink: answers of a server, and frames of a spool that a
// disk gives back. The input is a line of status and the size of what was sent, then that, then the
// answer's body: "400 12\n<12 bytes><body>".
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "engine/base/assert.hpp"
#include "operators/sinks/influx_answer.hpp"
#include "operators/sinks/line_frame.hpp"

namespace {

using namespace dnstorm;
using namespace dnstorm::operators;

std::size_t number(std::string_view& text) {
  std::size_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  auto used = static_cast<std::size_t>(end - text.data());
  text.remove_prefix(std::min(used + 1, text.size()));
  return error == std::errc{} ? value : 0;
}

LineChunk chunk_of(std::string_view lines) {
  LineChunk chunk;
  chunk.text = lines;
  chunk.starts = line_starts(lines);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < chunk.points(); ++i) bytes += chunk.line(i).size();
  DNSTORM_ASSERT(bytes == lines.size(), "lines are not what they are lines of", bytes);
  return chunk;
}

void check_verdict(const InfluxVerdict& verdict, const LineChunk& chunk) {
  for (std::size_t i = 0; i < verdict.lines.size(); ++i) {
    DNSTORM_ASSERT(verdict.lines[i].line < chunk.points(), "a line that was not sent is named");
    DNSTORM_ASSERT(i == 0 || verdict.lines[i - 1].line < verdict.lines[i].line, "named twice");
  }
}

void check_frame(const LineChunk& chunk) {
  std::string frame = frame_of(chunk);
  auto head = frame_head(frame);
  DNSTORM_ASSERT(head.has_value(), "a frame has no head");
  auto back = frame_lines(*head, frame.substr(FrameHead::bytes_on_disk));
  DNSTORM_ASSERT(back && back->text == chunk.text && back->starts == chunk.starts,
                 "a frame gives something else back");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto head = frame_head(input))
    frame_lines(*head, std::string(input.substr(FrameHead::bytes_on_disk)));
  HttpAnswer answer;
  answer.status = static_cast<int>(number(input) % 1000);
  std::size_t sent = number(input);
  sent = std::min(sent, input.size());
  LineChunk chunk = chunk_of(input.substr(0, sent));
  answer.body = input.substr(sent);
  check_verdict(judge(answer, chunk), chunk);
  check_frame(chunk);
  return 0;
}
