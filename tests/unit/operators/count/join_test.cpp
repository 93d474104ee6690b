#include "operators/count/join.hpp"

#include <algorithm>
#include <random>

#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> queries = {
    {"time", Type::time, Role::time}, {"qname", Type::str}, {"client", Type::u16}};
const std::vector<Field> answers = {{"time", Type::time, Role::time},
                                    {"qname", Type::str},
                                    {"rcode", Type::u8, Role::plain, "rcode"}};

const testing::HarnessSettings named{.components = {"queries", "answers", "notes"}};

Result<Declaration> declare_both(const TextOptions& options) {
  return testing::declare(join_operator(), options, {queries, answers}, named.components);
}
std::string names_of(const TextOptions& options) {
  auto declared = declare_both(options);
  return declared.ok() ? Schema(declared->outputs[0].fields).names() : declared.error().what;
}

TEST(Join, names_fields_by_their_input_or_as_asked) {
  EXPECT_EQ(names_of({{"by", {"qname"}}}),
            "window, window_end, qname, queries.time, queries.client, answers.time, answers.rcode");
  EXPECT_EQ(names_of({{"by", {"qname"}}, {"left", {"answers"}}}),
            "window, window_end, qname, queries.time, queries.client, answers.time, answers.rcode, "
            "answers.matched");
  EXPECT_EQ(names_of({{"by", {"qname"}},
                      {"left", {"answers"}},
                      {"select",
                       {"qname", "sent=queries.time", "rcode", "who=client", "answers.matched"}}}),
            "window, window_end, qname, sent, rcode, who, answers.matched");
  auto declared = declare_both({{"by", {"qname"}}, {"select", {"rcode", "queries.time"}}});
  const auto& fields = declared->outputs[0].fields;
  EXPECT_EQ(fields[2].labels, "rcode");
  EXPECT_EQ(fields[3].role, Role::plain) << "the time of the result is that of its window";
  EXPECT_THAT(declared->reads[0], ElementsAre("time", "qname"));
  EXPECT_THAT(declared->reads[1], ElementsAre("time", "qname", "rcode"));
  EXPECT_THAT(declared->partition_by, ElementsAre("qname"));
}

TEST(Join, refuses_nonsense) {
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"time"}}}),
              HasSubstr("in several inputs; write queries.time or answers.time"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"answers.client"}}}),
              HasSubstr("'answers' has no field 'client'; there are: time, qname, rcode"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"nobody.client"}}}),
              HasSubstr("the inputs are: queries, answers"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"answers.matched"}}}),
              HasSubstr("has no field 'matched'"))
      << "rows of an input that must be there always are";
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"=client"}}}), HasSubstr("not written as"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"select", {"a=client", "a=rcode"}}}),
              HasSubstr("two fields named 'a'"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"left", {"answers", "queries"}}}),
              HasSubstr("names all inputs"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"left", {"nobody"}}}), HasSubstr("no input is named"));
  EXPECT_THAT(names_of({{"by", {"client"}}}), HasSubstr("no field 'client'"));
  EXPECT_THAT(names_of({{"by", {"qname"}}, {"window", {"5s"}}, {"slide", {"6s"}}}),
              HasSubstr("at most as long as the window"));
  EXPECT_THAT(declare_error(join_operator(), {{"by", {"qname"}}}, {queries}),
              HasSubstr("two inputs at least"));
}

const std::vector<std::string> all = {"qname", "client", "rcode"};

TEST(Join, gives_each_row_of_a_key_with_each_of_the_others) {
  TaskHarness task(join_operator(), {{"by", {"qname"}}, {"select", all}}, {queries, answers},
                   named);
  task.feed({{"3s", "b", "4"}, {"2s", "a", "2"}, {"1s", "a", "1"}, {"5s", "lonely", "9"}});
  task.feed({{"9s", "a", "3"}, {"4s", "b", "0"}, {"4s", "a", "0"}, {"10s", "b", "5"}}, 1);
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("0s 10s a 1 0", "0s 10s a 1 3", "0s 10s a 2 0",
                                       "0s 10s a 2 3", "0s 10s b 4 0"));
  EXPECT_EQ(task.counter("rows_unmatched"), 1U);
  task.feed({{"9s", "b", "5"}, {"11s", "b", "6"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s b 6 5"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Join, of_the_left_needs_no_row_of_the_right) {
  TextOptions options = {{"by", {"qname"}},
                         {"left", {"answers"}},
                         {"select", {"qname", "client", "rcode", "found=answers.matched"}}};
  TaskHarness task(join_operator(), options, {queries, answers}, named);
  task.feed({{"1s", "a", "1"}, {"1s", "b", "2"}, {"2s", "b", "3"}});
  task.feed({{"1s", "a", "5"}, {"1s", "other", "0"}}, 1);
  task.finish();
  EXPECT_THAT(task.take(),
              ElementsAre("0s 10s a 1 5 true", "0s 10s b 2 0 false", "0s 10s b 3 0 false"));
  EXPECT_EQ(task.counter("rows_unmatched"), 1U);
}

TEST(Join, of_three_inputs) {
  const std::vector<Field> notes = {
      {"time", Type::time}, {"qname", Type::str}, {"note", Type::str}};
  TaskHarness task(
      join_operator(),
      {{"by", {"qname"}}, {"left", {"answers"}}, {"select", {"qname", "client", "rcode", "note"}}},
      {queries, answers, notes}, named);
  task.feed({{"1s", "a", "1"}, {"1s", "b", "2"}, {"2s", "c", "3"}});
  task.feed({{"1s", "a", "5"}, {"2s", "a", "6"}}, 1);
  task.feed({{"1s", "a", "x"}, {"2s", "a", "y"}, {"2s", "b", "z"}}, 2);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s a 1 5 x", "0s 10s a 1 5 y", "0s 10s a 1 6 x",
                                       "0s 10s a 1 6 y", "0s 10s b 2 0 z"));
}

TEST(Join, of_windows_that_slide_and_of_the_whole_input) {
  TextOptions options = {
      {"by", {"qname"}}, {"select", {"client", "rcode"}}, {"window", {"4s"}}, {"slide", {"2s"}}};
  TaskHarness sliding(join_operator(), options, {queries, answers}, named);
  sliding.feed({{"1s", "a", "1"}, {"5s", "a", "2"}});
  sliding.feed({{"3s", "a", "0"}, {"20s", "a", "5"}}, 1);
  sliding.feed({{"21s", "a", "3"}});
  sliding.finish();
  EXPECT_THAT(sliding.take(), ElementsAre("0s 4s 1 0", "2s 6s 2 0", "18s 22s 3 5", "20s 24s 3 5"));

  options = {{"by", {"qname"}}, {"select", {"client", "rcode"}}, {"window", {"0s"}}};
  TaskHarness whole(join_operator(), options, {queries, answers}, named);
  whole.feed({{"1s", "a", "1"}});
  whole.watermark(500 * ns_per_s);
  whole.feed({{"1000s", "a", "0"}}, 1);
  EXPECT_THAT(whole.take(), IsEmpty());
  whole.finish();
  EXPECT_THAT(whole.take(), ElementsAre("0s 0s 1 0"));
}

TEST(Join, is_bounded_and_says_what_it_left_out) {
  // One row for each key group.
  TaskHarness rows(join_operator(),
                   {{"by", {"qname"}}, {"select", {"client", "rcode"}}, {"rows_max", {"128"}}},
                   {queries, answers}, named);
  rows.feed({{"1s", "a", "1"}});
  rows.feed({{"1s", "a", "0"}, {"1s", "b", "0"}}, 1);
  rows.finish();
  EXPECT_THAT(rows.take(), IsEmpty());
  EXPECT_EQ(rows.counter("rows_left_out"), 1U);

  TaskHarness matches(join_operator(),
                      {{"by", {"qname"}}, {"select", {"client", "rcode"}}, {"matches_max", {"5"}}},
                      {queries, answers}, named);
  for (int i = 0; i < 3; ++i) {
    matches.feed({{"1s", "a", std::to_string(i)}});
    matches.feed({{"1s", "a", std::to_string(i)}}, 1);
  }
  matches.finish();
  EXPECT_THAT(matches.take(),
              ElementsAre("0s 10s 0 0", "0s 10s 0 1", "0s 10s 0 2", "0s 10s 1 0", "0s 10s 1 1"));
  EXPECT_EQ(matches.counter("matches_left_out"), 4U);
}

TEST(Join, makes_room_when_windows_close) {
  TaskHarness task(join_operator(),
                   {{"by", {"qname"}}, {"select", {"client", "rcode"}}, {"rows_max", {"256"}}},
                   {queries, answers}, named);
  for (int window = 0; window < 5; ++window) {
    std::string time = fmt::format("{}s", window * 10 + 1);
    task.feed({{time, "a", std::to_string(window)}});
    task.feed({{time, "a", "0"}}, 1);
    task.watermark((window * 10 + 10) * ns_per_s);
  }
  EXPECT_EQ(task.take().size(), 5U);
  EXPECT_EQ(task.counter("rows_left_out"), 0U);
}

struct Traffic {
  std::vector<TextRow> rows[2];
  TimeNs watermark = 0;
};
std::vector<Traffic> traffic() {
  std::mt19937_64 dice(47);
  std::vector<Traffic> all_steps;
  for (std::size_t step = 0; step < 8; ++step) {
    Traffic& now = all_steps.emplace_back();
    for (auto& rows : now.rows)
      for (int i = 0; i < 50; ++i)
        rows.push_back({std::to_string(static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s),
                        fmt::format("n{}", dice() % 30), std::to_string(dice() % 200)});
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all_steps;
}
const std::vector<TextOptions> kinds = {
    {{"by", {"qname"}}, {"left", {"answers"}}, {"window", {"5s"}}, {"lateness", {"1s"}}},
    {{"by", {"qname"}}, {"window", {"6s"}}, {"slide", {"2s"}}, {"rows_max", {"256"}}},
    {{"by", {"qname"}}, {"window", {"0s"}}}};

TEST(Join, goes_on_from_a_checkpoint) {
  std::vector<testing::Step> steps;
  for (const Traffic& step : traffic()) {
    for (std::size_t input : {0U, 1U}) steps.push_back(testing::rows(step.rows[input], input));
    steps.push_back(testing::until(step.watermark));
  }
  for (const TextOptions& options : kinds)
    testing::check_resumes(
        [&] {
          return std::make_unique<TaskHarness>(
              join_operator(), options, std::vector<std::vector<Field>>{queries, answers}, named);
        },
        steps);
}

// Three tasks that have the keys between them, and one that has all of them in another order.
TEST(Join, is_the_same_for_any_number_of_tasks_and_order_of_rows) {
  for (const TextOptions& options : {kinds[0], kinds[2]}) {
    TaskHarness whole(join_operator(), options, {queries, answers}, named);
    std::vector<std::unique_ptr<TaskHarness>> tasks;
    for (std::uint32_t i = 0; i < 3; ++i)
      tasks.push_back(std::make_unique<TaskHarness>(
          join_operator(), options, std::vector<std::vector<Field>>{queries, answers},
          TaskHarness::Settings{.task_index = i,
                                .task_count = 3,
                                .grouped_by = {"qname"},
                                .components = named.components}));
    std::vector<std::string> parts;
    auto collect = [&] {
      for (auto& task : tasks)
        for (std::string& row : task->take()) parts.push_back(std::move(row));
    };
    for (const Traffic& step : traffic()) {
      for (std::size_t input : {1U, 0U}) {
        std::vector<TextRow> backwards(step.rows[input].rbegin(), step.rows[input].rend());
        whole.feed(backwards, input);
      }
      for (std::size_t input : {0U, 1U})
        for (const TextRow& row : step.rows[input])
          tasks[task_of_group(key_group(hash_bytes(row[1])), 3)]->feed({row}, input);
      whole.watermark(step.watermark);
      for (auto& task : tasks) task->watermark(step.watermark);
    }
    whole.finish();
    for (auto& task : tasks) task->finish();
    collect();
    std::vector<std::string> expected = whole.take();
    EXPECT_GT(expected.size(), 100U);
    std::sort(expected.begin(), expected.end());
    std::sort(parts.begin(), parts.end());
    EXPECT_EQ(parts, expected);
  }
}

}  // namespace
}  // namespace dnstorm::operators
