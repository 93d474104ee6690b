#include "operators/count/distinct.hpp"

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::TaskHarness;
using testing::TextRow;

const std::vector<Field> packets = {{"time", Type::time},
                                    {"qname", Type::str},
                                    {"client", Type::ip},
                                    {"rcode", Type::u8, Role::plain, "rcode"}};

TEST(Distinct, counts_items_once_a_window) {
  TaskHarness task(distinct_operator(), {{"of", {"qname"}}}, packets);
  task.feed({{"1s", "a", "::1", "0"}, {"2s", "b", "::1", "0"}, {"3s", "a", "::2", "0"}});
  task.watermark(10 * ns_per_s);
  task.feed({{"11s", "a", "::1", "0"}, {"1s", "late", "::1", "0"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 2 0", "10s 20s 1 0"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Distinct, counts_items_of_several_fields_by_key) {
  TaskHarness task(distinct_operator(), {{"of", {"client", "qname"}}, {"by", {"rcode"}}}, packets);
  task.feed({{"1s", "a", "::1", "3"},
             {"1s", "a", "::2", "3"},
             {"1s", "b", "::1", "3"},
             {"1s", "a", "::1", "3"},
             {"1s", "a", "::1", "0"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 0 1 0", "0s 10s 3 3 0"));
}

TEST(Distinct, says_how_exact_it_is) {
  std::vector<TextRow> rows;
  for (int i = 0; i < 30'000; ++i) rows.push_back({"1s", fmt::format("n{}", i), "::1", "0"});
  TaskHarness exact(distinct_operator(), {{"of", {"qname"}}, {"exact", {"true"}}}, packets);
  exact.feed(rows);
  exact.finish();
  EXPECT_THAT(exact.take(), ElementsAre("0s 10s 30000 0"));

  TaskHarness estimate(distinct_operator(), {{"of", {"qname"}}}, packets);
  estimate.feed(rows);
  estimate.feed({{"11s", "a", "::1", "0"}});
  estimate.finish();
  ASSERT_EQ(estimate.rows().size(), 2U);
  std::uint64_t count = 0;
  double error = 0;
  ASSERT_EQ(std::sscanf(estimate.rows()[0].c_str(), "0s 10s %lu %lf", &count, &error), 2);
  EXPECT_NEAR(error, 0.008125, 1e-6);
  EXPECT_NEAR(static_cast<double>(count), 30'000, 30'000 * 3 * error);
  EXPECT_EQ(estimate.rows()[1], "10s 20s 1 0") << "a window is exact again after one that was not";
}

TEST(Distinct, a_burst_of_keys_leaves_nothing_behind) {
  TaskHarness task(distinct_operator(), {{"of", {"client"}}, {"by", {"qname"}}}, packets);
  for (int window = 0; window < 6; ++window) {
    int keys = window % 3 == 0 ? 2000 : 2;
    std::vector<TextRow> rows;
    for (int i = 0; i < keys; ++i)
      for (const char* client : {"::1", "::2", "::1"})
        rows.push_back({fmt::format("{}s", window * 10), fmt::format("n{}", i), client, "0"});
    task.feed(rows);
    task.watermark((window + 1) * 10 * ns_per_s);
    auto out = task.take();
    ASSERT_EQ(out.size(), static_cast<std::size_t>(keys));
    for (const std::string& row : out) ASSERT_EQ(row.substr(row.size() - 4), " 2 0") << row;
  }
}

// Exact and estimated counts of parts, put together, are those of one task.
TEST(Distinct, of_parts_is_that_of_the_whole) {
  const testing::TextOptions options = {
      {"of", {"qname", "client"}}, {"by", {"rcode"}}, {"exact_below", {"50"}}};
  auto partial = options;
  partial["partial"] = {"true"};
  TaskHarness whole(distinct_operator(), options, packets);
  TaskHarness a(distinct_operator(), partial, packets);
  TaskHarness b(distinct_operator(), partial, packets);
  TaskHarness merged(distinct_operator(),
                     {{"by", {"rcode"}}, {"exact_below", {"50"}}, {"merge", {"true"}}},
                     a.declaration.outputs[0].fields);
  for (int i = 0; i < 600; ++i) {
    TextRow row = {fmt::format("{}s", i / 30), fmt::format("n{}", i * 7 % 90), "::1",
                   fmt::format("{}", i % 7 == 0 ? 3 : 0)};
    whole.feed({row});
    (i % 5 < 3 ? a : b).feed({row});
  }
  for (TaskHarness* task : {&whole, &a, &b}) task->finish();
  for (TaskHarness* part : {&a, &b})
    for (auto& [batch, selection] : part->take_batches()) merged.send(batch, selection);
  merged.finish();
  EXPECT_EQ(merged.take(), whole.take());
  EXPECT_EQ(merged.counter("damaged_parts"), 0U);
}

TEST(Distinct, declares_partition_and_refuses_nonsense) {
  auto by = declare(distinct_operator(), {{"of", {"qname"}}, {"by", {"rcode"}}}, {packets}).value();
  EXPECT_THAT(by.partition_by, ElementsAre("rcode"));
  EXPECT_FALSE(by.single_task);
  EXPECT_EQ(Schema(by.outputs[0].fields).names(), "window, window_end, rcode, distinct, error");
  EXPECT_TRUE(declare(distinct_operator(), {{"of", {"qname"}}}, {packets})->single_task);
  EXPECT_THAT(declare_error(distinct_operator(), {{"of", {"nme"}}}, {packets}),
              HasSubstr("no field 'nme'"));
  EXPECT_THAT(
      declare_error(distinct_operator(), {{"of", {"qname"}}, {"precision", {"19"}}}, {packets}),
      HasSubstr("is between 4 and 18"));
}

}  // namespace
}  // namespace dnstorm::operators
