#include "operators/spouts/words_spout.hpp"

#include <gmock/gmock.h>

#include <set>

#include "operators/spouts/pacer.hpp"
#include "tests/unit/operators/spout_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::ElementsAre;
using testing::SpoutHarness;

TEST(Pacer, gives_rows_as_their_time_comes) {
  Pacer pacer(1000);
  EXPECT_EQ(pacer.due(0, 10), 1u);
  pacer.gave(1);
  EXPECT_EQ(pacer.due(0, 10), 0u);
  EXPECT_NEAR(static_cast<double>(pacer.wait(0)), ns_per_ms, 2);
  EXPECT_EQ(pacer.due(5 * ns_per_ms + 1, 10), 5u);
  EXPECT_EQ(pacer.due(ns_per_s, 10), 10u) << "no more than asked for";
}

TEST(Pacer, without_a_rate_gives_all) {
  Pacer pacer(0);
  EXPECT_FALSE(pacer.paced());
  EXPECT_EQ(pacer.due(0, 1024), 1024u);
}

TEST(Words, come_one_after_the_other_up_to_the_limit) {
  SpoutHarness spout(words_operator(),
                     {{"words", {"a", "b"}}, {"order", {"cycle"}}, {"limit", {"5"}}},
                     {"time", "word"});
  spout.clock.now = 3 * ns_per_s;
  ASSERT_TRUE(spout.run().ok());
  EXPECT_THAT(spout.rows, ElementsAre("3s a", "3s b", "3s a", "3s b", "3s a"));
  EXPECT_EQ(spout.spout().watermark(), 3 * ns_per_s);
}

TEST(Words, tasks_begin_at_different_words) {
  SpoutHarness spout(words_operator(), {{"order", {"cycle"}}, {"limit", {"2"}}}, {"word"}, 3);
  ASSERT_TRUE(spout.run().ok());
  EXPECT_THAT(spout.rows, ElementsAre("golda", "bertels"));
}

TEST(Words, a_seed_gives_the_same_words_again_and_all_of_them) {
  auto draw = [](const std::string& seed) {
    SpoutHarness spout(words_operator(), {{"seed", {seed}}, {"limit", {"200"}}}, {"word"});
    EXPECT_TRUE(spout.run().ok());
    return spout.rows;
  };
  EXPECT_EQ(draw("7"), draw("7"));
  EXPECT_NE(draw("7"), draw("8"));
  auto rows = draw("7");
  EXPECT_EQ(std::set<std::string>(rows.begin(), rows.end()).size(), 5u);
}

TEST(Words, keep_to_their_rate) {
  SpoutHarness spout(words_operator(), {{"rate", {"100"}}, {"limit", {"30"}}}, {"word"});
  EXPECT_TRUE(spout.spout().blocking());
  spout.clock.now = 0;
  ASSERT_TRUE(spout.next().ok());
  EXPECT_EQ(spout.rows.size(), 1u);
  EXPECT_EQ(spout.next().value(), Spout::Next::idle);
  spout.clock.now = 100 * ns_per_ms + 1;
  ASSERT_TRUE(spout.next().ok());
  EXPECT_EQ(spout.rows.size(), 11u);
}

}  // namespace
}  // namespace dnstorm::operators
