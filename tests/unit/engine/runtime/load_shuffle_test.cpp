#include "engine/runtime/load_shuffle.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <queue>
#include <random>
#include <set>

#include "engine/runtime/output_router.hpp"
#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;

TEST(LoadShuffle, G2_equal_load_is_shared_evenly) {
  LoadShuffle shuffle(2);
  std::vector<int> given(2);
  TimeNs now = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::uint32_t task = shuffle.choose(++now);
    ++given[task];
    shuffle.done(task, ++now);
  }
  EXPECT_THAT(given, ElementsAre(50'000, 50'000));
}

// Each round costs 100, give or take a third; the next comes every 60, so that both are busy.
TEST(LoadShuffle, G2_equal_load_that_varies_is_shared_evenly) {
  LoadShuffle shuffle(2);
  std::mt19937 random(3);
  std::vector<int> given(2);
  std::vector<TimeNs> free_at(2);
  std::vector<std::deque<TimeNs>> ends(2);
  for (TimeNs now = 1; now < 100'000 * 60; now += 60) {
    for (std::uint32_t t = 0; t < 2; ++t)
      for (; !ends[t].empty() && ends[t].front() <= now; ends[t].pop_front())
        shuffle.done(t, ends[t].front());
    std::uint32_t task = shuffle.choose(now);
    ++given[task];
    free_at[task] = std::max(free_at[task], now) + 67 + static_cast<TimeNs>(random() % 67);
    ends[task].push_back(free_at[task]);
  }
  EXPECT_NEAR(given[0], 50'000, 1000);
  EXPECT_NEAR(given[1], 50'000, 1000);
}

// As Storm's, but at once: the sender need not ask. In 64 rounds, what the tasks got.
TEST(LoadShuffle, G3_a_task_with_full_load_gets_nothing_and_comes_back) {
  LoadShuffle shuffle(2);
  TimeNs now = 1000;
  std::uint32_t full = 0;  // finishes nothing
  std::uint64_t held = 0;
  auto rounds = [&] {
    std::vector<int> given(2);
    for (int round = 0; round < 64; ++round) {
      std::uint32_t task = shuffle.choose(now);
      ++given[task];
      now += 100;
      if (task == full)
        ++held;
      else
        shuffle.done(task, now);
    }
    return given;
  };
  EXPECT_LE(rounds()[0], 2);
  EXPECT_EQ(rounds()[0], 0);
  // The loads swap. The one that was full is known to be slow: some rounds pass before it seems
  // the better one.
  for (; held != 0; --held) shuffle.done(0, now += 100);
  full = 1;
  EXPECT_LE(rounds()[1], 16);
  EXPECT_EQ(rounds()[1], 0);
  // Nobody is full: after some rounds they share again.
  for (; held != 0; --held) shuffle.done(1, now += 100);
  full = 2;
  for (int i = 0; i < 8; ++i) rounds();
  EXPECT_THAT(rounds(), ElementsAre(32, 32));
}

TEST(LoadShuffle, G9_names_a_task_there_is_whatever_the_load) {
  std::mt19937 random(9);
  for (std::uint32_t tasks : {1u, 2u, 3u, 7u}) {
    LoadShuffle shuffle(tasks);
    TimeNs now = 0;
    for (int i = 0; i < 10'000; ++i) {
      ASSERT_LT(shuffle.choose(now), tasks);
      auto task = static_cast<std::uint32_t>(random() % tasks);
      for (auto n = random() % 4; n != 0 && shuffle.under_way(task) != 0; --n)
        shuffle.done(task, now += static_cast<TimeNs>(random() % 1000));
    }
  }
}

// Streams of one reader share the choice; another reader has its own.
TEST(LoadShuffle, a_round_goes_to_one_task_by_all_streams) {
  TaskWiring task;
  task.origins = {0, 1};
  Subscription subscription{GroupingType::shuffle, {}, 0, {0, 1, 2}};
  subscription.by_load = true;
  for (std::uint32_t t = 0; t < 3; ++t) task.out_edges.push_back({t, 0});
  Subscription second = subscription;
  second.input = 1;
  task.streams = {{subscription}, {second}};
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::set<TaskIndex>> tasks_of_round;
  OutputRouter router(task, {row_schema(), row_schema()}, {100, 16 << 20}, [&](const Event& event) {
    if (event.batch) tasks_of_round[{event.origin, event.round}].insert(event.to);
  });
  BatchPtr batch = make_batch({{0, 1, 1}});
  std::mt19937 random(1);
  std::uint64_t done[3][2] = {};
  for (std::uint64_t round = 0; round < 90; ++round) {
    for (Slot slot : {0u, 1u, 0u, 1u}) {  // each is left once, and entered again
      router.enter_round(slot, round);
      router.deliver(0, batch, nullptr);
      router.deliver(1, batch, nullptr);
    }
    for (Slot slot : {1u, 0u}) {
      router.enter_round(slot, round);
      router.end_round({});
      auto t = static_cast<std::uint32_t>(random() % 3);
      done[t][slot] += random() % (round + 1 - done[t][slot] + 1);
      router.credit(t, slot, done[t][slot], static_cast<TimeNs>(round * 100 + random() % 100));
    }
  }
  EXPECT_EQ(tasks_of_round.size(), 180u);
  for (auto& [round, tasks] : tasks_of_round) EXPECT_EQ(tasks.size(), 1u) << round.second;
}

// A source that is never short of rounds, and tasks that need so much time for one: the router with
// the credits that a task gives back, in virtual time.
class SlowTask : public ::testing::Test {
 protected:
  struct Shares {
    std::vector<int> rounds;
    double rounds_a_unit = 0;  // of time
  };
  static Shares run(const std::vector<TimeNs>& costs, bool by_load, int rounds = 4000) {
    TaskWiring task;
    task.origins = {0};
    Subscription subscription{GroupingType::shuffle, {}, 0, {}};
    subscription.by_load = by_load;
    for (std::uint32_t t = 0; t < costs.size(); ++t) {
      task.out_edges.push_back({t, 0});
      subscription.targets.push_back(t);
    }
    task.streams = {{subscription}};
    Shares shares{std::vector<int>(costs.size()), 0};
    struct Done {
      TimeNs at;
      EdgeIndex edge;
      std::uint64_t rounds;
      bool operator<(const Done& other) const {
        return std::pair(at, rounds) > std::pair(other.at, other.rounds);
      }
    };
    std::priority_queue<Done> credits;
    std::vector<TimeNs> free_at(costs.size());
    TimeNs now = 0;
    OutputRouter router(task, {row_schema()}, {16, 16 << 20}, [&](const Event& event) {
      TimeNs& free = free_at[event.to];
      free = std::max(free, now) + (event.batch ? costs[event.to] : 0);
      if (event.batch) ++shares.rounds[event.to];
      // As BoltTask::return_credit.
      if ((event.round + 1) % 4 == 0 || (event.batch && by_load))
        credits.push({free, event.to, event.round + 1});
    });
    BatchPtr batch = make_batch({{0, 1, 1}});
    for (int round = 0; round < rounds;) {
      if (router.horizon()[0] > static_cast<std::uint64_t>(round)) {
        router.set_times(now, now);
        router.enter_round(0, static_cast<std::uint64_t>(round++));
        router.deliver(0, batch, nullptr);
        router.end_round({});
        continue;
      }
      Done done = credits.top();
      credits.pop();
      now = done.at;
      router.credit(done.edge, 0, done.rounds, now);
    }
    shares.rounds_a_unit = rounds / static_cast<double>(now);
    return shares;
  }
};

TEST_F(SlowTask, rounds_go_to_the_fast_ones) {
  Shares plain = run({100, 1000}, false);
  EXPECT_THAT(plain.rounds, ElementsAre(2000, 2000));
  Shares by_load = run({100, 1000}, true);
  EXPECT_LT(by_load.rounds[1], 4000 / 7) << "a fair share is an eleventh";
  EXPECT_GT(by_load.rounds[1], 4000 / 20);
  EXPECT_GT(by_load.rounds_a_unit, 3.5 * plain.rounds_a_unit);
}

TEST_F(SlowTask, of_four_gets_its_share) {
  Shares plain = run({100, 100, 1000, 100}, false);
  Shares by_load = run({100, 100, 1000, 100}, true);
  EXPECT_LT(by_load.rounds[2], 4000 / 10);
  EXPECT_GT(by_load.rounds_a_unit, 2 * plain.rounds_a_unit);
}

TEST_F(SlowTask, equal_tasks_share_as_in_turn) {
  Shares by_load = run({100, 100, 100}, true, 3000);
  for (int rounds : by_load.rounds) EXPECT_NEAR(rounds, 1000, 10);
  EXPECT_GE(by_load.rounds_a_unit, 0.99 * run({100, 100, 100}, false, 3000).rounds_a_unit);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
