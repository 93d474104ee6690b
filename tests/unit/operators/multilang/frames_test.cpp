#include "operators/multilang/frames.hpp"

#include <gtest/gtest.h>

namespace dnstorm::operators {
namespace {

TEST(FrameReader, cuts_at_the_line_end) {
  FrameReader reader;
  EXPECT_TRUE(reader.feed("{\"a\":\n1}\nend\n[2]\r\nend\r\n{\"b"));
  EXPECT_EQ(reader.take(), "{\"a\":\n1}\n");
  EXPECT_EQ(reader.take(), "[2]\r\n");
  EXPECT_EQ(reader.take(), std::nullopt);
  EXPECT_EQ(reader.rest(), "{\"b");
}

TEST(FrameReader, takes_bytes_one_by_one) {
  FrameReader reader;
  for (char c : std::string("{}\nend\n\"the end\"\nend\n")) reader.feed({&c, 1});
  EXPECT_EQ(reader.take(), "{}\n");
  EXPECT_EQ(reader.take(), "\"the end\"\n");
  EXPECT_EQ(reader.rest(), "");
}

TEST(FrameReader, has_a_bound) {
  FrameReader reader;
  std::string much(frame_bytes_max, 'x');
  EXPECT_TRUE(reader.feed(much));
  EXPECT_FALSE(reader.feed("x"));
}

TEST(Frame, has_the_end_line_and_is_utf8) {
  EXPECT_EQ(frame_of({{"a", "\xc3\xa4\n"}}), "{\"a\":\"\xc3\xa4\\n\"}\nend\n");
  EXPECT_EQ(frame_of({"\xff"}), "[\"\xef\xbf\xbd\"]\nend\n");
}

// Storm's ShellBoltMessageQueueTest: a child that has asked for task ids reads nothing else before.
TEST(Outbox, gives_answers_before_tuples_that_wait) {
  Outbox outbox;
  EXPECT_EQ(outbox.next(), "");
  outbox.queue("tuple 1");
  outbox.queue("tuple 2");
  outbox.answer("ids");
  EXPECT_EQ(outbox.next(), "ids");
  outbox.written(3);
  EXPECT_EQ(outbox.next(), "tuple 1");
  outbox.written(7);
  EXPECT_EQ(outbox.next(), "tuple 2");
  EXPECT_FALSE(outbox.empty());
  outbox.written(7);
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, does_not_break_a_frame_that_is_leaving) {
  Outbox outbox;
  outbox.queue("tuple 1");
  EXPECT_EQ(outbox.next(), "tuple 1");
  outbox.written(3);
  outbox.answer("ids");
  EXPECT_EQ(outbox.next(), "le 1");
  outbox.written(4);
  EXPECT_EQ(outbox.next(), "ids");
}

}  // namespace
}  // namespace dnstorm::operators
