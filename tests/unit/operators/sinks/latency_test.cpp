#include "operators/sinks/latency.hpp"

#include <gmock/gmock.h>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using ::testing::HasSubstr;
using testing::TaskHarness;

const std::vector<Field> words{{"time", Type::time}, {"word", Type::str}};

TEST(Latency, is_the_present_less_the_time_of_the_row) {
  TaskHarness task(latency_operator(), {}, words);
  task.clock.now = 10 * ns_per_s;
  for (int i = 0; i < 99; ++i) task.feed({{"9s", "fast"}});
  task.feed({{"2s", "slow"}});
  task.finish();
  EXPECT_EQ(task.counter("measured"), 100u);
  EXPECT_NEAR(static_cast<double>(task.counter("latency_ns_p50")), 1e9, 1e9 / 64);
  EXPECT_NEAR(static_cast<double>(task.counter("latency_ns_p99")), 1e9, 1e9 / 64);
  EXPECT_NEAR(static_cast<double>(task.counter("latency_ns_p999")), 8e9, 8e9 / 64);
  EXPECT_EQ(task.counter("latency_ns_max"), 8'000'000'000u);
}

TEST(Latency, leaves_out_what_comes_while_warming_up) {
  TaskHarness task(latency_operator(), {{"warmup", {"2s"}}}, words);
  task.clock.now = 100 * ns_per_s;
  task.feed({{"1s", "a"}, {"1s", "b"}});
  task.clock.now = 102 * ns_per_s;
  task.feed({{"101s", "c"}});
  task.finish();
  EXPECT_EQ(task.counter("warmup"), 2u);
  EXPECT_EQ(task.counter("measured"), 1u);
  EXPECT_EQ(task.counter("latency_ns_max"), 1'000'000'000u);
}

TEST(Latency, counts_rows_of_the_future_and_takes_them_for_zero) {
  TaskHarness task(latency_operator(), {}, words);
  task.clock.now = 10 * ns_per_s;
  task.feed({{"11s", "a"}, {"10s", "b"}});
  task.finish();
  EXPECT_EQ(task.counter("ahead"), 1u);
  EXPECT_EQ(task.counter("measured"), 2u);
  EXPECT_EQ(task.counter("latency_ns_max"), 0u);
}

TEST(Latency, shows_what_it_knows_every_second) {
  TaskHarness task(latency_operator(), {}, words);
  task.clock.now = 10 * ns_per_s;
  task.feed({{"9s", "a"}});
  EXPECT_EQ(task.counter("latency_ns_max"), 0u);
  task.clock.now = 11 * ns_per_s;
  task.feed({{"11s", "b"}});
  EXPECT_EQ(task.counter("latency_ns_max"), 1'000'000'000u);
}

TEST(Latency, reads_nothing_but_the_time_and_wants_it_to_be_one) {
  TaskHarness task(latency_operator(), {}, words);
  EXPECT_EQ(task.declaration.reads[0], std::vector<std::string>{"time"});
  EXPECT_THAT(testing::declare_error(latency_operator(), {{"time", {"word"}}}, {words}),
              HasSubstr("needs a time"));
}

}  // namespace
}  // namespace dnstorm::operators
