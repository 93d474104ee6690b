#include "cluster/feed/outbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

FeedFrame frame(const std::string& view, TimeNs second) {
  FeedFrame frame;
  frame.source = frame.panel = frame.view = view;
  frame.start = (second - 1) * ns_per_s;
  frame.end = second * ns_per_s;
  frame.columns = {"count"};
  frame.rows = {{"a", {1}}};
  return frame;
}

// Who knows version 1 alone refuses them with a sentence, and reads all others.
TEST(FeedOutbox, PointsTravelInWordsOfTheirOwnAndOfAVersionOfTheirOwn) {
  FeedOutbox outbox;
  for (TimeNs second = 1; second <= 2; ++second) {
    outbox.publish(frame("wall", second));
    outbox.publish(frame("points", second));
    outbox.publish(frame("table", second));
  }
  auto words = outbox.take(0);
  ASSERT_THAT(words, SizeIs(3));
  std::vector<std::string> oldest_readers;
  for (const FeedNews& word : words) {
    auto frames = *decode_frames(word.bytes);
    for (const KeptFrame& kept : frames)
      EXPECT_EQ(is_points(kept.frame), is_points(frames[0].frame));
    oldest_readers.push_back(frames[0].frame.view + std::to_string(word.bytes[1]));
  }
  EXPECT_THAT(oldest_readers, ElementsAre("wall1", "points2", "table1"));
}

TEST(FeedOutbox, WhatIsOnItsWayGoesAgainWhenTheFirstOfItIsConfirmed) {
  OutboxLimits limits;
  limits.word_rows = 1;
  FeedOutbox outbox(limits);
  for (TimeNs second = 1; second <= 3; ++second) outbox.publish(frame("wall", second));
  EXPECT_THAT(outbox.take(0), SizeIs(3));
  EXPECT_THAT(outbox.take(limits.repeat_first - 1), IsEmpty());
  const TimeNs later = limits.repeat_first;
  auto again = outbox.take(later);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].sequence, 1u);
  EXPECT_THAT(outbox.take(later), IsEmpty());
  outbox.confirm(1, later);
  again = outbox.take(later);
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[0].sequence, 2u);
  EXPECT_EQ(again[1].confirmed, 1u);
  outbox.confirm(2, later);
  EXPECT_THAT(outbox.take(later), IsEmpty());
  outbox.publish(frame("wall", 4));
  again = outbox.last_words(later);
  ASSERT_THAT(again, SizeIs(2));
  EXPECT_EQ(again[0].sequence, 3u);
  EXPECT_EQ(again[1].sequence, 4u);
}

}  // namespace
}  // namespace dnstorm::cluster
