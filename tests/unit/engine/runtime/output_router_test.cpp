#include "engine/runtime/output_router.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A task with one output stream, one subscription and so many receivers.
TaskWiring task_with_targets(std::uint32_t targets, GroupingType grouping,
                             std::vector<std::string> fields = {}) {
  TaskWiring task;
  task.origins = {0};
  Subscription subscription{grouping, std::move(fields), 0, {}};
  for (std::uint32_t t = 0; t < targets; ++t) {
    task.out_edges.push_back({10 + t, 100 + t});
    subscription.targets.push_back(t);
  }
  task.streams = {{subscription}};
  return task;
}

struct Outgoing {
  explicit Outgoing(const TaskWiring& task, std::uint32_t credits = 1000)
      : router(task, {row_schema()}, {credits, 16 << 20},
               [this](Event event) { sent.push_back(std::move(event)); }) {}
  void round(Slot slot, std::uint64_t number, const std::vector<std::vector<TestRow>>& batches) {
    router.enter_round(slot, number);
    for (const auto& rows : batches) router.deliver(0, make_batch(rows), nullptr);
    router.end_round({static_cast<TimeNs>(number), 0, false});
  }
  // Rows by receiving task, in the order sent.
  std::map<TaskIndex, std::vector<TestRow>> rows() const {
    std::map<TaskIndex, std::vector<TestRow>> by_task;
    for (const Event& event : sent) {
      auto& to = by_task[event.to];
      for (const TestRow& row : read_rows(event.batch, event.selection)) to.push_back(row);
    }
    return by_task;
  }
  std::vector<Event> sent;
  OutputRouter router;
};

std::vector<TestRow> numbered(std::uint64_t count, std::uint64_t from = 0) {
  std::vector<TestRow> rows;
  for (std::uint64_t i = from; i < from + count; ++i) rows.push_back({0, i, i % 50});
  return rows;
}

TEST(OutputRouter, the_last_rows_of_a_round_carry_its_end) {
  Outgoing out(task_with_targets(1, GroupingType::global));
  out.router.enter_round(0, 0);
  out.router.deliver(0, make_batch(numbered(2)), nullptr);
  EXPECT_THAT(out.sent, IsEmpty());
  out.router.deliver(0, make_batch(numbered(3)), nullptr);
  EXPECT_THAT(out.sent, SizeIs(1));
  out.router.end_round({42, 7, true});
  ASSERT_THAT(out.sent, SizeIs(2));
  EXPECT_FALSE(out.sent[0].closes);
  EXPECT_EQ(out.sent[0].row_count(), 2u);
  const Event& end = out.sent[1];
  EXPECT_TRUE(end.closes && end.last);
  EXPECT_EQ(end.row_count(), 3u);
  EXPECT_EQ(end.watermark, 42);
  EXPECT_EQ(end.checkpoint, 7u);
  EXPECT_EQ(end.to, 10u);
  EXPECT_EQ(end.edge, 100u);
  EXPECT_EQ(out.router.rows_sent(0), 5u);
}

TEST(OutputRouter, closes_every_round_on_every_edge) {
  Outgoing out(task_with_targets(3, GroupingType::global));
  out.round(0, 0, {numbered(2)});
  out.round(0, 1, {});
  ASSERT_THAT(out.sent, SizeIs(6));
  for (const Event& event : out.sent) EXPECT_TRUE(event.closes);
  EXPECT_EQ(out.sent[0].round, 0u);
  EXPECT_EQ(out.sent[5].round, 1u);
  EXPECT_EQ(out.sent[5].batch, nullptr);
}

TEST(OutputRouter, G1_shuffle_deals_rounds_out_evenly_and_never_parts_one) {
  Outgoing out(task_with_targets(3, GroupingType::shuffle));
  for (std::uint64_t round = 0; round < 9; ++round)
    out.round(0, round, {numbered(4, round * 10), numbered(4, round * 10 + 4)});
  auto rows = out.rows();
  ASSERT_THAT(rows, SizeIs(3));
  for (auto& [task, received] : rows) EXPECT_THAT(received, SizeIs(24));
  EXPECT_EQ(rows[10][0].seq, 0u);
  EXPECT_EQ(rows[10][7].seq, 7u);
  EXPECT_EQ(rows[11][0].seq, 10u);
}

TEST(OutputRouter, shuffle_of_two_senders_gives_a_round_to_one_task) {
  TaskWiring first = task_with_targets(4, GroupingType::shuffle);
  TaskWiring second = first;
  first.count = second.count = 2;
  second.index = 1;
  Outgoing a(first);
  Outgoing b(second);
  b.round(0, 0, {});
  b.round(0, 1, {});
  for (std::uint64_t round = 2; round < 6; ++round) {
    a.sent.clear();
    b.sent.clear();
    a.round(0, round, {numbered(1)});
    b.round(0, round, {numbered(1), numbered(1)});
    TaskIndex to = 10 + static_cast<TaskIndex>(round % 4);
    EXPECT_THAT(a.rows()[to], SizeIs(1));
    EXPECT_THAT(b.rows()[to], SizeIs(2));
  }
}

TEST(OutputRouter, G8_all_gives_every_row_to_every_task_without_copying) {
  Outgoing out(task_with_targets(3, GroupingType::all));
  out.round(0, 0, {numbered(5)});
  ASSERT_THAT(out.sent, SizeIs(3));
  for (const Event& event : out.sent) EXPECT_EQ(event.batch, out.sent[0].batch);
  for (auto& [task, received] : out.rows()) EXPECT_EQ(received, numbered(5));
}

TEST(OutputRouter, G8_global_gives_all_to_the_first_task) {
  Outgoing out(task_with_targets(3, GroupingType::global));
  for (std::uint64_t round = 0; round < 4; ++round) out.round(0, round, {numbered(2)});
  EXPECT_THAT(out.rows()[10], SizeIs(8));
  EXPECT_THAT(out.rows()[11], IsEmpty());
}

TEST(OutputRouter, local_or_shuffle_stays_with_the_task_of_the_same_number) {
  TaskWiring task = task_with_targets(3, GroupingType::local_or_shuffle);
  task.count = 3;
  task.index = 2;
  Outgoing out(task);
  for (std::uint64_t round = 0; round < 6; ++round) out.round(0, round, {numbered(1)});
  EXPECT_THAT(out.rows()[12], SizeIs(6));
}

TEST(OutputRouter, local_or_shuffle_leaves_no_task_without_work) {
  Outgoing out(task_with_targets(3, GroupingType::local_or_shuffle));
  for (std::uint64_t round = 0; round < 6; ++round) out.round(0, round, {numbered(1)});
  for (auto& [task, received] : out.rows()) EXPECT_THAT(received, SizeIs(2)) << task;
}

TEST(OutputRouter, G8_fields_sends_a_key_group_to_the_task_that_owns_it) {
  Outgoing out(task_with_targets(4, GroupingType::fields, {"name"}));
  out.round(0, 0, {numbered(500)});
  out.round(0, 1, {numbered(500)});
  std::map<TaskIndex, std::set<std::uint32_t>> groups;
  std::map<std::uint64_t, std::set<TaskIndex>> tasks_of_key;
  std::size_t total = 0;
  for (auto& [task, received] : out.rows()) {
    std::uint64_t last = 0;
    for (const TestRow& row : received) {
      groups[task].insert(key_group(hash_bytes(fmt::format("n{}", row.key))));
      tasks_of_key[row.key].insert(task);
      EXPECT_TRUE(row.seq >= last || row.seq < 50) << "order within a task is that of the stream";
      last = row.seq;
    }
    total += received.size();
  }
  EXPECT_EQ(total, 1000u);
  for (auto& [key, tasks] : tasks_of_key) EXPECT_THAT(tasks, SizeIs(1)) << "key " << key;
  for (auto& [task, owned] : groups) {
    EXPECT_GE(*owned.begin(), (task - 10) * 32);
    EXPECT_LT(*owned.rbegin(), (task - 9) * 32);
  }
}

TEST(OutputRouter, fields_respects_a_selection_and_copies_no_rows) {
  Outgoing out(task_with_targets(2, GroupingType::fields, {"key"}));
  BatchPtr batch = make_batch(numbered(100));
  auto odd = std::make_shared<Selection>();
  for (std::uint16_t i = 1; i < 100; i += 2) odd->push_back(i);
  out.router.enter_round(0, 0);
  out.router.deliver(0, batch, odd);
  out.router.end_round({0, 0, false});
  std::vector<TestRow> all;
  for (auto& [task, received] : out.rows()) all.insert(all.end(), received.begin(), received.end());
  EXPECT_THAT(all, SizeIs(50));
  for (const TestRow& row : all) EXPECT_EQ(row.seq % 2, 1u);
  for (const Event& event : out.sent) EXPECT_EQ(event.batch, batch);
}

TEST(OutputRouter, fields_passes_a_batch_of_one_task_on_whole) {
  Outgoing out(task_with_targets(2, GroupingType::fields, {"key"}));
  out.round(0, 0, {{{0, 1, 5}, {0, 2, 5}}});
  for (const Event& event : out.sent) EXPECT_EQ(event.selection, nullptr);
}

// Zipf 1.2 over 10,000 keys: the most frequent one has a fifth of all rows.
TEST(OutputRouter, partial_key_gives_a_key_two_tasks_and_balances_a_skewed_stream) {
  constexpr std::uint32_t tasks = 4;
  std::vector<double> cumulated(10'000);
  double sum = 0;
  for (std::size_t i = 0; i < cumulated.size(); ++i)
    cumulated[i] = sum += std::pow(static_cast<double>(i + 1), -1.2);
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> anywhere(0, sum);
  Outgoing out(task_with_targets(tasks, GroupingType::partial_key, {"name"}));
  for (std::uint64_t round = 0; round < 100; ++round) {
    std::vector<TestRow> rows(500);
    for (TestRow& row : rows)
      row.key = static_cast<std::uint64_t>(
          std::lower_bound(cumulated.begin(), cumulated.end(), anywhere(random)) -
          cumulated.begin());
    out.round(0, round, {rows});
  }
  std::map<std::uint64_t, std::set<TaskIndex>> tasks_of_key;
  std::size_t most = 0;
  for (auto& [task, received] : out.rows()) {
    most = std::max(most, received.size());
    for (const TestRow& row : received) tasks_of_key[row.key].insert(task);
  }
  for (auto& [key, used] : tasks_of_key) ASSERT_LE(used.size(), 2u) << "key " << key;
  EXPECT_THAT(tasks_of_key[0], SizeIs(2));
  EXPECT_LT(static_cast<double>(most), 1.1 * 100 * 500 / tasks) << "imbalance of 10 % and more";
}

TEST(OutputRouter, partial_key_has_the_same_two_tasks_for_every_sender) {
  std::map<std::uint64_t, std::set<TaskIndex>> tasks_of_key;
  for (std::uint64_t sender = 0; sender < 3; ++sender) {
    Outgoing out(task_with_targets(5, GroupingType::partial_key, {"key"}));
    out.round(0, 0, {numbered(sender), numbered(400)});
    for (auto& [task, received] : out.rows())
      for (const TestRow& row : received) tasks_of_key[row.key].insert(task);
  }
  for (auto& [key, used] : tasks_of_key) EXPECT_LE(used.size(), 2u) << "key " << key;
}

TEST(OutputRouter, a_stream_may_have_several_readers) {
  TaskWiring task = task_with_targets(2, GroupingType::all);
  task.streams[0].push_back({GroupingType::global, {}, 3, {1}});
  Outgoing out(task);
  out.round(0, 0, {numbered(2)});
  EXPECT_THAT(out.rows()[10], SizeIs(2));
  EXPECT_THAT(out.rows()[11], SizeIs(4));
  EXPECT_EQ(out.sent.back().input, 3u);
}

TEST(OutputRouter, credits_are_rounds_that_the_slowest_reader_may_be_behind) {
  Outgoing out(task_with_targets(2, GroupingType::global), 3);
  EXPECT_THAT(out.router.horizon(), ElementsAre(3));
  for (std::uint64_t round = 0; round < 3; ++round) out.round(0, round, {numbered(1), numbered(1)});
  EXPECT_THAT(out.sent, SizeIs(9)) << "a round once begun is sent whole";
  out.router.credit(0, 0, 2);
  EXPECT_THAT(out.router.horizon(), ElementsAre(3)) << "the other reader has done none";
  out.router.credit(1, 0, 1);
  EXPECT_THAT(out.router.horizon(), ElementsAre(4));
  out.router.credit(1, 0, 3);
  EXPECT_THAT(out.router.horizon(), ElementsAre(5));
}

TEST(OutputRouter, a_task_without_readers_is_never_held) {
  Outgoing out(task_with_targets(0, GroupingType::global), 1);
  EXPECT_GT(out.router.horizon()[0], 1'000'000'000u);
}

TEST(OutputRouter, credits_of_two_origins_are_apart) {
  TaskWiring task = task_with_targets(1, GroupingType::global);
  task.origins = {4, 9};
  Outgoing out(task, 2);
  out.router.credit(0, 1, 1);
  EXPECT_THAT(out.router.horizon(), ElementsAre(2, 3));
}

TEST(OutputRouter, a_round_that_is_left_keeps_its_rows) {
  TaskWiring task = task_with_targets(1, GroupingType::global);
  task.origins = {4, 9};
  Outgoing out(task);
  out.router.enter_round(0, 0);
  out.router.deliver(0, make_batch(numbered(1)), nullptr);
  out.round(1, 5, {numbered(2)});
  out.router.enter_round(0, 0);
  out.router.end_round({0, 0, false});
  ASSERT_THAT(out.sent, SizeIs(3));
  EXPECT_EQ(out.sent[0].origin, 4u);
  EXPECT_EQ(out.sent[0].round, 0u);
  EXPECT_FALSE(out.sent[0].closes);
  EXPECT_EQ(out.sent[1].origin, 9u);
  EXPECT_EQ(out.sent[1].round, 5u);
  EXPECT_EQ(out.sent[2].origin, 4u);
  EXPECT_TRUE(out.sent[2].closes);
}

TEST(OutputRouterDeathTest, refuses_to_end_a_round_beyond_the_horizon) {
  Outgoing out(task_with_targets(1, GroupingType::global), 1);
  out.round(0, 0, {});
  EXPECT_DEATH(out.round(0, 1, {}), "must not have begun");
  out.router.credit(0, 0, 1);
  EXPECT_DEATH(out.router.credit(0, 0, 0), "taken back");
}

}  // namespace
}  // namespace dnstorm::runtime::testing
