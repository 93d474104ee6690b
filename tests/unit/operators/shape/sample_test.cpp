#include "operators/shape/sample.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "tests/unit/operators/resume_check.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> messages = {{"n", Type::u32}, {"client", Type::u32}, {"qname", Type::str}};

std::vector<TextRow> many(std::size_t count) {
  std::vector<TextRow> rows;
  for (std::size_t i = 0; i < count; ++i)
    rows.push_back({std::to_string(i), std::to_string(i % 1000), "name" + std::to_string(i / 2)});
  return rows;
}

std::vector<std::string> sampled(const TextOptions& options, const std::vector<TextRow>& rows) {
  TaskHarness task(sample_operator(), options, messages);
  task.feed(rows);
  EXPECT_EQ(task.counter("taken") + task.counter("left_out"), rows.size());
  EXPECT_EQ(task.counter("taken"), task.rows().size());
  return task.take();
}

// Five standard deviations: a seed that fails shows a bias, not bad luck.
void expect_about(std::size_t taken, std::size_t rows, std::size_t one_in) {
  double mean = static_cast<double>(rows) / static_cast<double>(one_in);
  EXPECT_NEAR(static_cast<double>(taken), mean, 5 * std::sqrt(mean));
}

TEST(Sample, takes_one_row_in_n) {
  const auto rows = many(50'000);
  for (std::size_t one_in : {2U, 7U, 100U}) {
    TextOptions options = {{"one_in", {std::to_string(one_in)}}};
    expect_about(sampled(options, rows).size(), rows.size(), one_in);
    options["by"] = {"n"};
    expect_about(sampled(options, rows).size(), rows.size(), one_in);
    options["by"] = {"qname", "n"};
    expect_about(sampled(options, rows).size(), rows.size(), one_in);
  }
  EXPECT_EQ(sampled({{"one_in", {"1"}}}, many(100)).size(), 100U);
  EXPECT_EQ(sampled({{"one_in", {"1"}}, {"by", {"n"}}}, many(100)).size(), 100U);
}

TEST(Sample, adds_the_weight_or_multiplies_the_one_there_is) {
  EXPECT_EQ(sampled({{"one_in", {"1"}}}, {{"1", "2", "a"}})[0], "1 2 a 1");
  const auto rows = many(1000);
  for (const std::string& row : sampled({{"one_in", {"10"}}, {"weight", {"w"}}}, rows))
    EXPECT_TRUE(row.ends_with(" 10")) << row;
  TaskHarness again(sample_operator(), {{"one_in", {"3"}}, {"by", {"n"}}},
                    {{"weight", Type::u16}, {"n", Type::u32}});
  for (int i = 0; i < 50; ++i) again.feed({{"7", std::to_string(i)}});
  ASSERT_FALSE(again.rows().empty());
  for (const std::string& row : again.take()) EXPECT_TRUE(row.ends_with(" 21")) << row;
  TaskHarness most(sample_operator(), {{"one_in", {"2"}}}, {{"weight", Type::u64}});
  for (int i = 0; i < 50; ++i) most.feed({{"18446744073709551615"}});
  EXPECT_EQ(most.take().at(0), "18446744073709551615") << "as much as there can be";
}

TEST(Sample, takes_all_rows_of_a_key_or_none) {
  const auto rows = many(20'000);
  std::map<std::string, int> seen;
  for (const std::string& row : sampled({{"one_in", {"10"}}, {"by", {"client"}}}, rows))
    ++seen[row.substr(row.find(' ') + 1, row.find(" name") - row.find(' ') - 1)];
  expect_about(seen.size(), 1000, 10);
  for (const auto& [client, count] : seen) EXPECT_EQ(count, 20) << client;
}

// The same on however many tasks, whichever way the rows come to them.
TEST(Sample, by_a_key_does_not_depend_on_tasks) {
  TextOptions options = {{"one_in", {"5"}}, {"by", {"client"}}};
  const auto rows = many(3000);
  auto whole = sampled(options, rows);
  TaskHarness a(sample_operator(), options, messages), b(sample_operator(), options, messages);
  for (std::size_t i = 0; i < rows.size(); ++i) (i % 3 == 0 ? a : b).feed({rows[i]});
  std::multiset<std::string> parts;
  for (TaskHarness* task : {&a, &b})
    for (std::string& row : task->take()) parts.insert(std::move(row));
  EXPECT_EQ(parts, std::multiset<std::string>(whole.begin(), whole.end()));
  auto declaration = declare(sample_operator(), options, {messages}).value();
  EXPECT_FALSE(declaration.single_task);
  EXPECT_EQ(declaration.state, StateScope::none);
}

// Rows that a fields grouping has dealt to one task of eight are sampled as all others are.
TEST(Sample, is_independent_of_the_grouping_by_the_same_key) {
  TaskHarness task(sample_operator(), {{"one_in", {"8"}}, {"by", {"n"}}}, messages);
  KeyReader key(*task.input_schema(), {"n"});
  BatchBuilder builder(task.input_schema());
  std::vector<TextRow> share;
  for (const TextRow& row : many(40'000)) {
    BatchBuilder one(task.input_schema());
    task.write_row(one.add_row(), row, 0);
    BatchPtr batch = one.seal();
    if (task_of_group(key_group(key.hash(Rows(*batch)[0])), 8) == 0) share.push_back(row);
  }
  task.feed(share);
  expect_about(task.take().size(), share.size(), 8);
}

TEST(Sample, takes_another_sample_with_another_seed) {
  const auto rows = many(10'000);
  for (const std::vector<std::string>& by : {std::vector<std::string>{}, {"n"}}) {
    TextOptions options = {{"one_in", {"10"}}, {"by", by}};
    if (by.empty()) options.erase("by");
    auto one = sampled(options, rows);
    EXPECT_EQ(sampled(options, rows), one);
    options["seed"] = {"1"};
    auto other = sampled(options, rows);
    std::set<std::string> first(one.begin(), one.end());
    std::size_t both = 0;
    for (const std::string& row : other) both += first.count(row);
    expect_about(both, rows.size(), 100);
  }
}

TEST(Sample, at_random_goes_on_where_it_was) {
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(sample_operator(), TextOptions{{"one_in", {"3"}}},
                                             messages);
      },
      {testing::rows(many(10)), testing::rows(many(7)), testing::rows(many(20))});
  auto declaration = declare(sample_operator(), {{"one_in", {"3"}}}, {messages}).value();
  EXPECT_TRUE(declaration.single_task);
  EXPECT_TRUE(declaration.restorable);
}

TEST(Sample, refuses_with_one_clear_sentence) {
  EXPECT_EQ(declare_error(sample_operator(), {{"one_in", {"0"}}}, {messages}),
            "option 'one_in' is between 1 and 1000000000000, not 0");
  EXPECT_EQ(declare_error(sample_operator(), {{"one_in", {"2"}}, {"by", {"qnam"}}}, {messages}),
            "stream 'default' of 'input' has no field 'qnam', did you mean 'qname'?");
  EXPECT_EQ(
      declare_error(sample_operator(), {{"one_in", {"2"}}, {"weight", {"qname"}}}, {messages}),
      "the stream has a field 'qname' of type string, which is no weight; `weight` gives this "
      "one another name");
  EXPECT_EQ(declare_error(sample_operator(), {{"one_in", {"2"}}}, {messages, messages}),
            "sample passes one stream on, and 2 come in; use one for each");
}

}  // namespace
}  // namespace dnstorm::operators
