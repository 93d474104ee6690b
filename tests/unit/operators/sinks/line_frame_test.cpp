#include "operators/sinks/line_frame.hpp"

#include "tests/unit/operators/sinks/sink_fields.hpp"
#include "tests/unit/operators/sinks/sink_lines.hpp"

namespace dnstorm::operators {
namespace {

using testing::lines;

std::optional<LineChunk> read(const std::string& frame) {
  auto head = frame_head(frame);
  return head ? frame_lines(*head, frame.substr(FrameHead::bytes_on_disk)) : std::nullopt;
}

TEST(LineFrame, gives_back_what_was_put_in) {
  LineChunk chunk = lines(0, 3);
  std::string frame = frame_of(chunk);
  auto back = read(frame);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->text, chunk.text);
  EXPECT_EQ(back->starts, chunk.starts);
}

TEST(LineFrame, is_line_protocol_with_a_comment) {
  LineChunk chunk;
  chunk.add_line("m a=1i 2\n");
  EXPECT_EQ(frame_of(chunk), "#dnstorm          1          9 3f052767\nm a=1i 2\n");
}

TEST(LineFrame, knows_damage_anywhere) {
  std::string frame = frame_of(lines(0, 2));
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string damaged = frame;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
    EXPECT_FALSE(read(damaged)) << i;
    EXPECT_FALSE(read(frame.substr(0, i))) << i;
  }
  EXPECT_FALSE(read(frame + "x"));
}

}  // namespace
}  // namespace dnstorm::operators
