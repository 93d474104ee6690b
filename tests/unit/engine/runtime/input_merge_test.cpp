#include "engine/runtime/input_merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A task with one in-edge per entry, which carries the origins named there.
TaskWiring task_with_edges(const std::vector<std::vector<std::uint32_t>>& edges) {
  TaskWiring task;
  std::set<std::uint32_t> origins;
  for (const auto& carried : edges) {
    task.in_edges.push_back({0, 0, carried});
    origins.insert(carried.begin(), carried.end());
  }
  task.origins.assign(origins.begin(), origins.end());
  return task;
}

Event rows(EdgeIndex edge, std::uint32_t origin, std::uint64_t round, std::uint64_t seq) {
  Event event;
  event.edge = edge;
  event.origin = origin;
  event.round = round;
  event.batch = make_batch({{0, seq, 0}});
  return event;
}
Event close(EdgeIndex edge, std::uint32_t origin, std::uint64_t round, TimeNs watermark = 0) {
  Event event;
  event.edge = edge;
  event.origin = origin;
  event.round = round;
  event.closes = true;
  event.watermark = watermark;
  return event;
}
Event close_with(Event event, std::uint64_t checkpoint, bool last = false) {
  event.closes = true;
  event.checkpoint = checkpoint;
  event.last = last;
  return event;
}

class Merge {
 public:
  explicit Merge(const TaskWiring& task)
      : merge(task), open(task.origins.size(), std::numeric_limits<std::uint64_t>::max()) {}
  void push(Event event) { merge.push(std::move(event)); }
  // Everything that is ready, as text: "rows ORIGIN/ROUND/SEQ", "end ORIGIN/ROUND".
  std::vector<std::string> drain() {
    std::vector<std::string> seen;
    while (auto step = merge.step(open)) {
      for (const TestRow& row : read_rows(step->event.batch, nullptr))
        seen.push_back(
            fmt::format("rows {}/{}/{}", step->event.origin, step->event.round, row.seq));
      if (step->round_complete)
        seen.push_back(fmt::format("end {}/{}", step->event.origin, step->event.round));
    }
    return seen;
  }
  InputMerge merge;
  std::vector<std::uint64_t> open;
};

TEST(InputMerge, reads_edge_after_edge_within_a_round) {
  Merge merge(task_with_edges({{0}, {0}}));
  merge.push(rows(1, 0, 0, 21));
  merge.push(close(1, 0, 0));
  EXPECT_THAT(merge.drain(), IsEmpty());
  EXPECT_EQ(merge.merge.waits_for(), 0u);
  merge.push(rows(0, 0, 0, 11));
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/0/11"));
  merge.push(close(0, 0, 0));
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/0/21", "end 0/0"));
  EXPECT_EQ(merge.merge.queued(), 0u);
  EXPECT_EQ(merge.merge.waits_for(), std::nullopt);
}

TEST(InputMerge, restores_the_order_from_any_interleaving) {
  std::vector<std::vector<Event>> channels(3);
  std::vector<std::string> expected;
  for (std::uint64_t round = 0; round < 20; ++round) {
    for (EdgeIndex edge = 0; edge < 3; ++edge) {
      for (std::uint64_t i = 0; i < (round * 7 + edge) % 3; ++i) {
        channels[edge].push_back(rows(edge, 0, round, edge * 10 + i));
        expected.push_back(fmt::format("rows 0/{}/{}", round, edge * 10 + i));
      }
      channels[edge].push_back(close(edge, 0, round));
    }
    expected.push_back(fmt::format("end 0/{}", round));
  }
  for (std::uint32_t seed = 0; seed < 50; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::size_t> at(3);
    Merge merge(task_with_edges({{0}, {0}, {0}}));
    std::vector<std::string> seen;
    for (std::size_t left = channels[0].size() + channels[1].size() + channels[2].size();
         left > 0;) {
      std::size_t c = random() % 3;
      if (at[c] == channels[c].size()) continue;
      merge.push(channels[c][at[c]++]);
      --left;
      if (random() % 4 != 0) continue;
      for (std::string& text : merge.drain()) seen.push_back(std::move(text));
    }
    for (std::string& text : merge.drain()) seen.push_back(std::move(text));
    ASSERT_EQ(seen, expected) << "seed " << seed;
  }
}

TEST(InputMerge, origins_do_not_wait_for_each_other) {
  Merge merge(task_with_edges({{0, 1}, {0, 1}}));
  merge.push(rows(0, 0, 0, 1));
  merge.push(rows(0, 1, 0, 2));
  merge.push(close(0, 1, 0));
  merge.push(close(1, 1, 0));
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/0/1", "rows 1/0/2", "end 1/0"));
  merge.push(close(0, 0, 0));
  merge.push(close(1, 0, 0));
  EXPECT_THAT(merge.drain(), ElementsAre("end 0/0"));
}

TEST(InputMerge, origins_take_turns_by_whole_rounds) {
  Merge merge(task_with_edges({{0, 1}}));
  for (std::uint64_t round = 0; round < 2; ++round) {
    for (std::uint32_t origin = 0; origin < 2; ++origin) {
      merge.push(rows(0, origin, round, 1));
      merge.push(rows(0, origin, round, 2));
      merge.push(close(0, origin, round));
    }
  }
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/0/1", "rows 0/0/2", "end 0/0", "rows 1/0/1",
                                         "rows 1/0/2", "end 1/0", "rows 0/1/1", "rows 0/1/2",
                                         "end 0/1", "rows 1/1/1", "rows 1/1/2", "end 1/1"));
}

TEST(InputMerge, holds_rounds_from_the_horizon_on) {
  Merge merge(task_with_edges({{0}}));
  merge.open = {1};
  merge.push(rows(0, 0, 0, 1));
  merge.push(close(0, 0, 0));
  merge.push(rows(0, 0, 1, 2));
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/0/1", "end 0/0"));
  EXPECT_EQ(merge.merge.queued(), 1u);
  merge.open = {2};
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/1/2"));
}

TEST(InputMerge, a_round_ends_with_the_watermark_and_the_end_of_all_its_edges) {
  Merge merge(task_with_edges({{0}, {0}}));
  merge.push(close(0, 0, 0, 17));
  merge.push(close(1, 0, 0, 17));
  auto first = merge.merge.step(merge.open);
  EXPECT_FALSE(first->round_complete);
  auto second = merge.merge.step(merge.open);
  EXPECT_TRUE(second->round_complete);
  EXPECT_EQ(second->watermark, 17);
  EXPECT_FALSE(second->last);
  merge.push(close_with(close(0, 0, 1, time_max), 0, true));
  merge.push(close_with(close(1, 0, 1, time_max), 0, true));
  EXPECT_FALSE(merge.merge.step(merge.open)->last);
  EXPECT_TRUE(merge.merge.step(merge.open)->last);
}

TEST(InputMerge, a_barrier_of_one_origin_passes_with_its_round) {
  Merge merge(task_with_edges({{0}, {0}}));
  merge.push(close_with(close(0, 0, 0), 7));
  merge.push(close_with(close(1, 0, 0), 7));
  merge.push(close(0, 0, 1));
  EXPECT_EQ(merge.merge.step(merge.open)->aligned, 0u);
  auto step = merge.merge.step(merge.open);
  EXPECT_EQ(step->checkpoint, 7u);
  EXPECT_EQ(step->aligned, 7u);
  EXPECT_TRUE(merge.merge.step(merge.open).has_value());
}

TEST(InputMerge, a_barrier_holds_its_origin_until_all_have_reached_it) {
  Merge merge(task_with_edges({{0, 1}}));
  merge.push(close_with(close(0, 0, 0), 7));
  merge.push(rows(0, 0, 1, 1));
  auto barrier = merge.merge.step(merge.open);
  EXPECT_EQ(barrier->checkpoint, 7u);
  EXPECT_EQ(barrier->aligned, 0u);
  EXPECT_FALSE(merge.merge.step(merge.open).has_value());
  EXPECT_EQ(merge.merge.waits_for(), 0u);
  merge.push(rows(0, 1, 0, 2));
  EXPECT_THAT(merge.drain(), ElementsAre("rows 1/0/2"));
  merge.push(close_with(close(0, 1, 0), 7));
  auto aligned = merge.merge.step(merge.open);
  EXPECT_EQ(aligned->aligned, 7u);
  EXPECT_THAT(merge.drain(), ElementsAre("rows 0/1/1"));
}

TEST(InputMerge, an_origin_that_has_ended_is_not_waited_for_by_a_barrier) {
  Merge merge(task_with_edges({{0, 1}}));
  merge.push(close_with(close(0, 0, 0), 7));
  EXPECT_EQ(merge.merge.step(merge.open)->aligned, 0u);
  merge.push(close_with(close(0, 1, 0), 0, true));
  EXPECT_EQ(merge.merge.step(merge.open)->aligned, 7u);
}

TEST(InputMergeDeathTest, refuses_what_cannot_be) {
  Merge merge(task_with_edges({{0}, {1}}));
  EXPECT_DEATH(merge.push(close(0, 1, 0)), "does not carry its origin");
  EXPECT_DEATH(merge.push(close(0, 2, 0)), "unknown origin");
  EXPECT_DEATH((merge.push(close(0, 0, 1)), merge.drain()), "skips a round");
  merge.push(close(0, 0, 0));
  merge.drain();
  EXPECT_DEATH(merge.push(close(0, 0, 0)), "closed round");
}

TEST(InputMergeDeathTest, edges_of_one_origin_must_agree_on_the_end_of_a_round) {
  Merge merge(task_with_edges({{0}, {0}}));
  merge.push(close(0, 0, 0, 5));
  merge.push(close(1, 0, 0, 6));
  EXPECT_DEATH(merge.drain(), "differently");
}

}  // namespace
}  // namespace dnstorm::runtime::testing
