#include "engine/runtime/root_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What a spout is told of its roots.
class TellingSpout final : public Spout {
 public:
  Result<void> open(const TaskContext&) override { return {}; }
  Result<Next> next(Emitter&) override { return Next::end; }
  TimeNs watermark() const override { return time_min; }
  void ack(std::uint64_t message) override { acked.push_back(message); }
  Failed fail(std::uint64_t message) override {
    failed.push_back(message);
    return answer;
  }
  std::vector<std::uint64_t> acked, failed;
  Failed answer = Failed::replay;
};

// A spout task's way out, with one reader on its stream, whose acks the test gives.
struct Tracked {
  explicit Tracked(bool each_row)
      : router(
            wiring(), {row_schema()}, {1'000'000, 16 << 20},
            [this](Event event) { sent.push_back(std::move(event)); }, 7),
        roots(router, 0, each_row) {
    router.enter_round(0, 0);
  }
  static TaskWiring wiring() {
    TaskWiring task;
    task.origins = {0};
    task.out_edges.push_back({10, 100});
    task.streams = {{{GroupingType::global, {}, 0, {0}}}};
    return task;
  }
  // The batches that have left since the last call.
  std::vector<Event> take() {
    router.end_round({});
    router.enter_round(0, ++round);
    std::vector<Event> events;
    for (Event& event : std::exchange(sent, {}))
      if (event.batch) events.push_back(std::move(event));
    return events;
  }
  // A root of its own for these rows, as event.
  Event emit(const std::vector<TestRow>& rows) {
    roots.deliver(0, make_batch(rows), nullptr);
    roots.seal();
    std::vector<Event> events = take();
    EXPECT_THAT(events, SizeIs(1));
    return events.at(0);
  }
  void ack(const Event& event) { say(&Tracker::ack, event); }
  void fail(const Event& event) { say(&Tracker::fail, event); }
  void settle() { roots.settle(spout, stats, nullptr); }
  // What is emitted once more, one root a call.
  Event replay() {
    roots.replay();
    std::vector<Event> events = take();
    EXPECT_THAT(events, SizeIs(1));
    return events.at(0);
  }

  std::vector<Event> sent;
  OutputRouter router;
  RootTracker roots;
  TellingSpout spout;
  TaskStats stats;
  std::uint64_t round = 0;

 private:
  void say(void (Tracker::*what)(const Lineage&), const Event& event) {
    Tracker bolt(99);
    (bolt.*what)(*event.anchor);
    bolt.flush({0}, [this](Acks acks) { roots.take(acks); });
  }
};

std::vector<std::uint64_t> numbers(const Event& event) {
  std::vector<std::uint64_t> all;
  for (const TestRow& row : read_rows(event.batch, event.selection)) all.push_back(row.seq);
  return all;
}
std::vector<TestRow> row(std::uint64_t number) { return {{0, number, 0}}; }

TEST(RootTracker, a_call_is_a_root_whatever_leaves_in_it) {
  Tracked t(false);
  t.roots.deliver(0, make_batch(row(1)), nullptr);
  t.roots.deliver(0, make_batch(row(2)), nullptr);
  t.roots.seal();
  EXPECT_EQ(t.roots.pending(), 1u);
  std::vector<Event> events = t.take();
  ASSERT_THAT(events, SizeIs(2));
  t.ack(events[1]);
  EXPECT_FALSE(t.roots.has_ended());
  t.ack(events[0]);
  EXPECT_TRUE(t.roots.has_ended());
  t.settle();
  EXPECT_EQ(t.roots.pending(), 0u);
  EXPECT_EQ(t.stats.acked.value(), 1u);
  EXPECT_THAT(t.spout.acked, IsEmpty()) << "it has not asked";
}

TEST(RootTracker, a_row_is_a_root_if_each_is_tracked) {
  Tracked t(true);
  t.roots.deliver(0, make_batch({{0, 1, 0}, {0, 2, 0}, {0, 3, 0}}), nullptr);
  EXPECT_EQ(t.roots.pending(), 3u);
  std::vector<Event> events = t.take();
  ASSERT_THAT(events, SizeIs(3));
  t.fail(events[1]);
  for (const Event& event : events) t.ack(event);
  t.settle();
  EXPECT_EQ(t.stats.acked.value(), 2u);
  EXPECT_EQ(t.stats.failed.value(), 1u);
  EXPECT_THAT(numbers(t.replay()), ElementsAre(2)) << "the one row, not its batch";
}

TEST(RootTracker, the_spout_hears_of_the_numbers_it_gave) {
  for (bool each_row : {false, true}) {
    Tracked t(each_row);
    std::vector<Event> events;
    for (std::uint64_t message : {40U, 41U, 42U}) {
      t.roots.track(message);
      events.push_back(t.emit({{0, message, 0}, {0, message, 1}}));
    }
    t.ack(events[2]);
    t.ack(events[0]);
    t.fail(events[1]);
    t.settle();
    EXPECT_THAT(t.spout.acked, ElementsAre(42, 40)) << "in the order in which they end";
    EXPECT_THAT(t.spout.failed, ElementsAre(41));
    EXPECT_THAT(numbers(t.replay()), ElementsAre(41, 41));
  }
}

TEST(RootTracker, what_the_spout_drops_is_not_emitted_again) {
  Tracked t(false);
  t.spout.answer = Spout::Failed::drop;
  t.roots.track(5);
  t.fail(t.emit(row(1)));
  t.settle();
  EXPECT_THAT(t.spout.failed, ElementsAre(5));
  EXPECT_FALSE(t.roots.has_replay());
  EXPECT_EQ(t.roots.pending(), 0u);
}

TEST(RootTracker, a_replay_has_all_rows_in_their_order_and_may_fail_again) {
  Tracked t(false);
  t.roots.track(8);
  for (std::uint64_t number : {1U, 2U, 3U}) t.roots.deliver(0, make_batch(row(number)), nullptr);
  t.roots.seal();
  std::vector<Event> events = t.take();
  for (std::size_t again = 0; again < 3; ++again) {
    ASSERT_THAT(events, SizeIs(3));
    for (std::uint64_t i = 0; i < 3; ++i) EXPECT_THAT(numbers(events[i]), ElementsAre(i + 1));
    t.fail(events[again]);
    t.settle();
    EXPECT_EQ(t.roots.pending(), 1u) << "it waits";
    ASSERT_TRUE(t.roots.has_replay());
    t.roots.replay();
    EXPECT_FALSE(t.roots.has_replay());
    EXPECT_EQ(t.roots.pending(), 1u);
    events = t.take();
  }
  EXPECT_THAT(t.spout.failed, ElementsAre(8, 8, 8));
  for (const Event& event : events) t.ack(event);
  t.settle();
  EXPECT_THAT(t.spout.acked, ElementsAre(8));
  EXPECT_EQ(t.roots.pending(), 0u);
}

TEST(RootTracker, what_failed_first_is_emitted_first) {
  Tracked t(false);
  std::vector<Event> events = {t.emit(row(0)), t.emit(row(1)), t.emit(row(2))};
  for (std::size_t i : {2U, 0U, 1U}) t.fail(events[i]);
  t.settle();
  for (std::uint64_t number : {2U, 0U, 1U}) EXPECT_THAT(numbers(t.replay()), ElementsAre(number));
}

TEST(RootTracker, two_rotations_are_a_time_out) {
  Tracked t(false);
  t.emit(row(1));
  t.roots.rotate();
  t.settle();
  EXPECT_EQ(t.stats.failed.value(), 0u);
  t.roots.rotate();
  t.settle();
  EXPECT_EQ(t.stats.failed.value(), 1u);
  EXPECT_EQ(t.stats.timed_out.value(), 1u);
  EXPECT_THAT(numbers(t.replay()), ElementsAre(1));
}

TEST(RootTracker, notices_of_a_root_that_has_ended_are_ignored) {
  Tracked t(false);
  Event first = t.emit(row(1)), second = t.emit(row(2));
  t.ack(first);
  t.settle();
  t.ack(first);
  t.fail(first);
  t.settle();
  EXPECT_EQ(t.stats.acked.value(), 1u);
  EXPECT_EQ(t.stats.failed.value(), 0u);
  EXPECT_EQ(t.roots.pending(), 1u);
  t.ack(second);
  t.settle();
  EXPECT_EQ(t.roots.pending(), 0u);
}

// Places of roots that have ended are used again by others, whatever the order in which they end:
// every root that fails is emitted again with its own rows under its own number.
TEST(RootTracker, every_root_keeps_its_own_rows) {
  std::minstd_rand random(11);
  Tracked t(false);
  std::map<std::uint64_t, Event> under_way;  // by number
  std::vector<std::uint64_t> done;
  std::uint64_t next = 0, replayed = 0;
  for (int step = 0; step < 5'000; ++step) {
    if (step < 4'000 && under_way.size() < random() % 30) {
      t.roots.track(next);
      under_way[next] = t.emit(row(next));
      ++next;
      continue;
    }
    if (under_way.empty()) continue;
    auto which =
        std::next(under_way.begin(), static_cast<std::ptrdiff_t>(random() % under_way.size()));
    auto [number, event] = *which;
    under_way.erase(which);
    if (random() % 3 != 0) {
      t.ack(event);
      done.push_back(number);
      t.settle();
      continue;
    }
    t.fail(event);
    t.settle();
    ASSERT_EQ(t.spout.failed.back(), number);
    under_way[number] = t.replay();
    ASSERT_THAT(numbers(under_way[number]), ElementsAre(number));
    ++replayed;
  }
  EXPECT_GT(replayed, 100u);
  EXPECT_EQ(t.spout.acked, done);
  EXPECT_EQ(t.roots.pending(), under_way.size());
}

// Rows are let go of when their root has ended: by the batch, of which the tracker has the last
// reference but the test's.
TEST(RootTracker, lets_go_of_the_rows_of_a_root_that_has_ended) {
  Tracked t(false);
  for (bool good : {true, false}) {
    t.spout.answer = Spout::Failed::drop;
    t.roots.track(1);
    Event event = t.emit(row(1));
    std::weak_ptr<const Batch> batch = event.batch;
    Event notice;
    notice.anchor = event.anchor;
    event = {};
    EXPECT_FALSE(batch.expired());
    good ? t.ack(notice) : t.fail(notice);
    t.settle();
    EXPECT_TRUE(batch.expired()) << good;
  }
}

TEST(RootTracker, forgets_what_waits_to_be_emitted_again) {
  Tracked t(false);
  t.roots.hold_time(5);
  Event first = t.emit(row(1)), second = t.emit(row(2));
  t.fail(first);
  t.settle();
  EXPECT_EQ(t.roots.pending(), 2u);
  t.roots.forget_replays();
  EXPECT_FALSE(t.roots.has_replay());
  EXPECT_EQ(t.roots.pending(), 1u);
  EXPECT_EQ(t.roots.time_held(), 5) << "of the one under way";
  t.ack(second);
  t.settle();
  EXPECT_EQ(t.roots.time_held(), time_max);
}

TEST(RootTracker, holds_the_time_of_the_oldest_root_that_is_not_done) {
  Tracked t(false);
  EXPECT_EQ(t.roots.time_held(), time_max);
  Event before = t.emit(row(0));
  EXPECT_EQ(t.roots.time_held(), time_max) << "time is not held";
  std::vector<Event> events;
  for (TimeNs time : {10, 20, 20, 30}) {
    t.roots.hold_time(time);
    events.push_back(t.emit(row(1)));
  }
  EXPECT_EQ(t.roots.time_held(), 10);
  t.ack(events[2]);
  t.fail(events[0]);
  t.settle();
  EXPECT_EQ(t.roots.time_held(), 10) << "it will be emitted again";
  Event again = t.replay();
  EXPECT_EQ(t.roots.time_held(), 10) << "and is as old as it was";
  t.ack(again);
  t.settle();
  EXPECT_EQ(t.roots.time_held(), 20) << "one of two is done";
  t.ack(events[1]);
  t.ack(before);
  t.settle();
  EXPECT_EQ(t.roots.time_held(), 30);
  t.ack(events[3]);
  t.settle();
  EXPECT_EQ(t.roots.time_held(), time_max);
}

}  // namespace
}  // namespace dnstorm::runtime::testing
