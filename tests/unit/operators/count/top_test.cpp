#include "operators/count/top.hpp"

#include <map>
#include <random>
#include <sstream>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> packets = {{"time", Type::time},
                                    {"qname", Type::str, Role::plain, "", true},
                                    {"qtype", Type::u16, Role::plain, "qtype"},
                                    {"size", Type::u16}};

TEST(Top, ranks_by_count_then_by_item) {
  TaskHarness task(top_operator(), {{"of", {"qname"}}, {"k", {"3"}}}, packets);
  for (const char* name : {"d", "c", "b", "a", "c", "d", "c", "b"})
    task.feed({{"1s", name, "1", "50"}});
  task.feed({{"11s", "z", "1", "50"}});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 c 3 0", "0s 10s 2 b 2 0", "0s 10s 3 d 2 0"));
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 1 z 1 0"));
}

TEST(Top, ranks_by_weight_and_by_several_fields) {
  TaskHarness task(top_operator(), {{"of", {"qtype", "qname"}}, {"weight", {"size"}}}, packets);
  task.feed({{"1s", "a", "1", "50"},
             {"1s", "b", "1", "10"},
             {"1s", "a", "28", "51"},
             {"1s", "b", "1", "42"}});
  task.finish();
  EXPECT_THAT(task.take(),
              ElementsAre("0s 10s 1 1 b 52 0", "0s 10s 2 28 a 51 0", "0s 10s 3 1 a 50 0"));
}

TEST(Top, counts_late_rows) {
  TaskHarness task(top_operator(), {{"of", {"qname"}}}, packets);
  task.watermark(10 * ns_per_s);
  task.feed({{"9s", "a", "1", "1"}, {"10s", "b", "1", "1"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 1 b 1 0"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Top, says_by_how_much_a_count_may_be_too_high) {
  TaskHarness task(top_operator(), {{"of", {"qtype"}}, {"k", {"1"}}, {"capacity", {"1"}}}, packets);
  std::vector<TextRow> rows;
  for (int i = 0; i < 1000; ++i) rows.push_back({"1s", "", std::to_string(i), "0"});
  for (int i = 0; i < 100; ++i) rows.push_back({"1s", "", "7", "0"});
  task.feed(rows);
  task.finish();
  ASSERT_EQ(task.rows().size(), 1U);
  std::uint64_t count = 0;
  std::uint64_t error = 0;
  ASSERT_EQ(std::sscanf(task.rows()[0].c_str(), "0s 10s 1 7 %lu %lu", &count, &error), 2);
  EXPECT_GE(count, 101U);
  EXPECT_LE(count - error, 101U);
  EXPECT_GT(error, 0U);
}

// Rows of a long-tailed stream with more names than counters, over three windows.
std::vector<TextRow> long_tail() {
  std::mt19937_64 random(99);
  std::vector<TextRow> rows;
  for (int i = 0; i < 120'000; ++i) {
    std::uint64_t rank = (std::uint64_t{1} << random() % 15) + random() % 1000;
    rows.push_back({fmt::format("{}ms", i / 4), fmt::format("name{}.example", rank), "1", "60"});
  }
  return rows;
}

// What `tasks` tasks of a top and a merging one after them give.
std::vector<std::string> run_with(std::uint32_t tasks, const std::vector<TextRow>& rows) {
  TextOptions options = {{"of", {"qname"}}, {"k", {"50"}}, {"capacity", {"100"}}};
  std::vector<std::unique_ptr<TaskHarness>> parts;
  for (std::uint32_t i = 0; i < tasks; ++i)
    parts.push_back(std::make_unique<TaskHarness>(top_operator(), options, packets));
  TaskHarness merge(top_operator(), {{"of", {"qname"}}, {"k", {"50"}}, {"merge", {"true"}}},
                    parts[0]->declaration.outputs[0].fields);
  auto hand_over = [&](TimeNs now) {
    for (auto& part : parts) part->watermark(now);
    for (auto& part : parts)
      for (auto& [batch, selection] : part->take_batches()) merge.send(batch, selection);
    merge.watermark(now);
  };
  for (std::size_t from = 0; from < rows.size(); from += 1000) {
    std::vector<std::vector<TextRow>> shares(tasks);
    for (std::size_t i = from; i < from + 1000; ++i)
      shares[task_of_group(key_group(hash_bytes(rows[i][1])), tasks)].push_back(rows[i]);
    for (std::uint32_t i = 0; i < tasks; ++i) parts[i]->feed(shares[i]);
    hand_over(testing::time_of_text(rows[from][0]));
  }
  hand_over(time_max);
  merge.finish();
  EXPECT_EQ(merge.counter("late_rows"), 0U);
  return merge.take();
}

TEST(Top, any_number_of_tasks_and_a_merge_give_the_same) {
  auto rows = long_tail();
  auto alone = run_with(1, rows);
  EXPECT_EQ(alone.size(), 150U);
  EXPECT_EQ(run_with(2, rows), alone);
  EXPECT_EQ(run_with(3, rows), alone);
  EXPECT_EQ(run_with(4, rows), alone);
  EXPECT_EQ(run_with(128, rows), alone);

  // With one task the merge changes nothing.
  TaskHarness single(top_operator(), {{"of", {"qname"}}, {"k", {"50"}}, {"capacity", {"100"}}},
                     packets);
  single.feed(rows);
  single.finish();
  EXPECT_EQ(single.take(), alone);
}

// Sketches of three tasks that rows are dealt out to, whatever the item, put together by one.
std::vector<std::string> run_in_parts(const std::vector<TextRow>& rows, TextOptions options) {
  TextOptions merge_options = {{"of", options["of"]},
                               {"k", options["k"]},
                               {"merge", {"true"}},
                               {"capacity", options["capacity"]}};
  options["partial"] = {"true"};
  std::vector<std::unique_ptr<TaskHarness>> parts;
  for (int i = 0; i < 3; ++i)
    parts.push_back(std::make_unique<TaskHarness>(top_operator(), options, packets));
  const auto& fields = parts[0]->declaration.outputs[0].fields;
  auto merge = std::make_unique<TaskHarness>(top_operator(), merge_options, fields);
  for (std::size_t i = 0; i < rows.size(); ++i) parts[i * 7 % 11 % 3]->feed({rows[i]});
  for (auto& part : parts) {
    part->finish();
    for (auto& [batch, selection] : part->take_batches()) merge->send(batch, selection);
    // On the way the merging task is replaced by one that goes on from its checkpoint.
    std::string state = merge->save();
    merge = std::make_unique<TaskHarness>(top_operator(), merge_options, fields);
    EXPECT_TRUE(merge->restore(state).ok());
    EXPECT_EQ(merge->save(), state);
  }
  merge->finish();
  EXPECT_EQ(merge->counter("damaged_parts"), 0U);
  return merge->take();
}

TEST(Top, parts_behind_any_grouping_give_the_whole_while_items_fit) {
  auto rows = long_tail();
  TextOptions options = {{"of", {"qname"}}, {"k", {"50"}}, {"capacity", {"4096"}}};
  TaskHarness whole(top_operator(), options, packets);
  whole.feed(rows);
  whole.finish();
  EXPECT_EQ(run_in_parts(rows, options), whole.take());
}

TEST(Top, parts_behind_any_grouping_say_by_how_much_a_count_may_be_too_high) {
  auto rows = long_tail();
  std::map<std::pair<TimeNs, std::string>, std::uint64_t> truth;
  for (const TextRow& row : rows)
    ++truth[{testing::time_of_text(row[0]) / (10 * ns_per_s), row[1]}];
  auto result = run_in_parts(rows, {{"of", {"qname"}}, {"k", {"20"}}, {"capacity", {"20"}}});
  ASSERT_FALSE(result.empty());
  std::uint64_t errors = 0;
  for (const std::string& text : result) {
    std::istringstream words(text);
    std::string start, end, rank, name;
    std::uint64_t count = 0, error = 0;
    words >> start >> end >> rank >> name >> count >> error;
    std::uint64_t rows_of_it = truth[{testing::time_of_text(start) / (10 * ns_per_s), name}];
    EXPECT_GE(count, rows_of_it) << text;
    EXPECT_LE(count - error, rows_of_it) << text;
    errors += error;
  }
  EXPECT_GT(errors, 0U) << "the sketches have not been full";
}

TEST(Top, counts_sketches_that_are_none) {
  auto fields = declare(top_operator(), {{"of", {"qname"}}, {"partial", {"true"}}}, {packets})
                    ->outputs[0]
                    .fields;
  EXPECT_EQ(Schema(fields).names(), "window, window_end, group, qname, count, error, sketch");
  TaskHarness merge(top_operator(), {{"of", {"qname"}}, {"merge", {"true"}}}, fields);
  merge.feed({{"0s", "10s", "3", "a", "5", "0", "no sketch"}});
  merge.finish();
  EXPECT_THAT(merge.take(), IsEmpty());
  EXPECT_EQ(merge.counter("damaged_parts"), 1U);
}

TEST(Top, merges_a_window_over_the_whole_input_at_its_end) {
  std::vector<Field> results =
      declare(top_operator(), {{"of", {"qname"}}, {"window", {"0s"}}}, {packets})
          ->outputs[0]
          .fields;
  TaskHarness merge(top_operator(), {{"of", {"qname"}}, {"merge", {"true"}}}, results);
  merge.feed({{"0s", "0s", "1", "b", "4", "0"}, {"0s", "0s", "2", "a", "3", "1"}});
  merge.watermark(100 * ns_per_s);
  merge.feed({{"0s", "0s", "1", "a", "5", "2"}});
  EXPECT_THAT(merge.take(), IsEmpty());
  merge.finish();
  EXPECT_THAT(merge.take(), ElementsAre("0s 0s 1 a 8 3", "0s 0s 2 b 4 0"));
}

TEST(Top, merge_counts_late_rows) {
  std::vector<Field> results =
      declare(top_operator(), {{"of", {"qname"}}}, {packets})->outputs[0].fields;
  TaskHarness merge(top_operator(), {{"of", {"qname"}}, {"merge", {"true"}}}, results);
  merge.watermark(10 * ns_per_s);
  merge.feed({{"0s", "10s", "1", "b", "4", "0"}});
  merge.finish();
  EXPECT_THAT(merge.take(), IsEmpty());
  EXPECT_EQ(merge.counter("late_rows"), 1U);
}

TEST(Top, declares_roles_and_partition) {
  auto declaration = declare(top_operator(), {{"of", {"qname", "qtype"}}}, {packets}).value();
  const auto& fields = declaration.outputs[0].fields;
  EXPECT_EQ(Schema(fields).names(), "window, window_end, rank, qname, qtype, count, error");
  EXPECT_EQ(fields[2].role, Role::key);
  EXPECT_EQ(fields[3].role, Role::value);
  EXPECT_TRUE(fields[3].unbounded);
  EXPECT_EQ(fields[4].labels, "qtype");
  EXPECT_TRUE(declaration.partition_exact);
  EXPECT_THAT(declaration.partition_by, ElementsAre("qname", "qtype"));
  EXPECT_THAT(declaration.reads[0], ElementsAre("time", "qname", "qtype"));
  auto merge = declare(top_operator(), {{"of", {"qname"}}, {"merge", {"true"}}}, {fields}).value();
  EXPECT_TRUE(merge.single_task);
  EXPECT_EQ(Schema(merge.outputs[0].fields).names(),
            "window, window_end, rank, qname, count, error");
}

TEST(Top, refuses_what_makes_no_sense) {
  auto error = [](const TextOptions& options) {
    return declare_error(top_operator(), options, {packets});
  };
  EXPECT_THAT(error({}), HasSubstr("option 'of' is missing"));
  EXPECT_THAT(error({{"of", {}}}), HasSubstr("option 'of' names no field"));
  EXPECT_THAT(error({{"of", {"qnme"}}}), HasSubstr("did you mean 'qname'?"));
  EXPECT_EQ(error({{"of", {"qname"}}, {"k", {"20"}}, {"capacity", {"10"}}}),
            "option 'capacity' is below 'k'; give at least k");
  EXPECT_THAT(error({{"of", {"qname"}}, {"merge", {"true"}}}), HasSubstr("has no field 'window'"));
  EXPECT_THAT(error({{"of", {"qname"}}, {"merge", {"true"}}, {"window", {"1s"}}}),
              HasSubstr("option 'window' has no meaning with merge: true"));
}

}  // namespace
}  // namespace dnstorm::operators
