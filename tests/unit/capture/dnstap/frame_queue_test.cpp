#include "capture/dnstap/frame_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace dnstorm::capture::dnstap {
namespace {

bool put(FrameQueue& queue, const std::string& text) {
  return queue.put({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string text(const FrameChunk& chunk, std::size_t frame) {
  auto bytes = chunk.bytes(chunk.frames[frame]);
  return {bytes.begin(), bytes.end()};
}

TEST(DnstapFrameQueue, FramesThatComeOneByOneShareAChunk) {
  FrameQueue queue(0);
  constexpr int frames = 10'000;
  for (int i = 0; i < frames; ++i) {
    ASSERT_TRUE(put(queue, std::to_string(i))) << i;
    queue.publish();
  }
  EXPECT_EQ(queue.waiting(), static_cast<std::uint64_t>(frames));
  auto chunk = queue.take(0);
  ASSERT_NE(chunk, nullptr);
  ASSERT_EQ(chunk->frames.size(), static_cast<std::size_t>(frames));
  for (int i = 0; i < frames; ++i)
    EXPECT_EQ(text(*chunk, static_cast<std::size_t>(i)), std::to_string(i));
  EXPECT_EQ(queue.take(0), nullptr);
}

TEST(DnstapFrameQueue, AChunkThatIsTakenIsLeftAlone) {
  FrameQueue queue(0);
  ASSERT_TRUE(put(queue, "a"));
  queue.publish();
  auto first = queue.take(0);
  ASSERT_TRUE(put(queue, "b"));
  queue.publish();
  auto second = queue.take(0);
  ASSERT_EQ(first->frames.size(), 1U);
  ASSERT_EQ(second->frames.size(), 1U);
  EXPECT_EQ(text(*first, 0), "a");
  EXPECT_EQ(text(*second, 0), "b");
}

TEST(DnstapFrameQueue, TakesAsMuchAsItMay) {
  FrameQueue queue(3 * FrameQueue::chunk_bytes);
  const std::string half(FrameQueue::chunk_bytes / 2, 'x');
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(put(queue, half)) << i;
    queue.publish();
  }
  EXPECT_FALSE(put(queue, half));
  EXPECT_FALSE(put(queue, "x"));
  EXPECT_EQ(queue.waiting(), 6U);
  // A taken chunk makes room for one more.
  ASSERT_NE(queue.take(0), nullptr);
  EXPECT_TRUE(put(queue, "x"));
}

// One frame always fits into an empty queue.
TEST(DnstapFrameQueue, AFrameLongerThanAllOfItFitsAlone) {
  FrameQueue queue(0);
  const std::string longer(5 * FrameQueue::chunk_bytes, 'x');
  EXPECT_TRUE(put(queue, longer));
  queue.publish();
  EXPECT_FALSE(put(queue, "x"));
  ASSERT_NE(queue.take(0), nullptr);
  EXPECT_TRUE(put(queue, "x"));
}

}  // namespace
}  // namespace dnstorm::capture::dnstap
