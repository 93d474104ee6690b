#include "operators/shape/dedupe.hpp"

#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RescaleStep;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> queries = {
    {"time", Type::time}, {"client", Type::ip}, {"qname", Type::str}, {"number", Type::u32}};

TextRow query(const std::string& time, const std::string& name, int number = 0,
              const std::string& client = "192.0.2.1") {
  return {time, client, name, fmt::format("{}", number)};
}

TEST(Dedupe, passes_the_first_of_equal_rows_within_the_span) {
  TaskHarness task(dedupe_operator(), {{"by", {"client", "qname"}}, {"span", {"5s"}}}, queries);
  task.feed({query("1s", "a", 1), query("2s", "a", 2), query("2s", "b", 3),
             query("3s", "a", 4, "192.0.2.2"), query("5s", "a", 5), query("6s", "a", 6),
             query("10s", "a", 7), query("11s", "a", 8)});
  EXPECT_THAT(task.take(), IsEmpty()) << "an earlier row may come";
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("1s 192.0.2.1 a 1", "2s 192.0.2.1 b 3", "3s 192.0.2.2 a 4",
                                       "6s 192.0.2.1 a 6", "11s 192.0.2.1 a 8"))
      << "duplicates do not prolong the span";
  EXPECT_EQ(task.counter("passed"), 5U);
  EXPECT_EQ(task.counter("duplicates"), 3U);
}

TEST(Dedupe, judges_by_time_and_passes_on_as_rows_came) {
  TaskHarness task(dedupe_operator(), {{"by", {"qname"}}, {"span", {"2s"}}}, queries);
  task.feed({query("10s", "a", 1), query("5s", "a", 2), query("6s", "b", 3)});
  task.feed({query("9s", "a", 4), query("7s", "a", 5), query("6.9s", "a", 6)});
  task.feed({query("5s", "a", 1), query("7.9s", "b", 7), query("8s", "b", 8)});
  task.watermark(9 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("6s 192.0.2.1 b 3", "7s 192.0.2.1 a 5", "5s 192.0.2.1 a 1",
                                       "8s 192.0.2.1 b 8"))
      << "of one time the least passes";
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("9s 192.0.2.1 a 4"));
  EXPECT_EQ(task.counter("passed"), 5U);
  EXPECT_EQ(task.counter("duplicates"), 4U);
}

TEST(Dedupe, passes_the_same_rows_in_whatever_order_they_come) {
  std::vector<TextRow> rows = {query("1s", "a", 1), query("2s", "a", 2),   query("3s", "a", 3),
                               query("3s", "a", 4), query("4.5s", "a", 5), query("2s", "b", 6)};
  std::sort(rows.begin(), rows.end());
  std::set<std::vector<std::string>> results;
  do {
    TaskHarness task(dedupe_operator(), {{"by", {"qname"}}, {"span", {"2s"}}}, queries);
    for (const TextRow& row : rows) task.feed({row});
    task.finish();
    auto passed = task.take();
    std::sort(passed.begin(), passed.end());
    results.insert(passed);
  } while (std::next_permutation(rows.begin(), rows.end()));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_THAT(*results.begin(),
              ElementsAre("1s 192.0.2.1 a 1", "2s 192.0.2.1 b 6", "3s 192.0.2.1 a 3"));
}

TEST(Dedupe, says_which_rows_are_too_late_to_be_judged) {
  TaskHarness task(dedupe_operator(), {{"by", {"qname"}}, {"span", {"2s"}}, {"lateness", {"3s"}}},
                   queries);
  task.feed({query("5s", "a", 1)});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("5s 192.0.2.1 a 1"));
  task.feed({query("6.9s", "a", 2), query("8s", "a", 4), query("7s", "a", 3)});
  EXPECT_THAT(task.take(1), ElementsAre("6900000000ns 192.0.2.1 a 2"));
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("7s 192.0.2.1 a 3"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
  EXPECT_EQ(task.counter("duplicates"), 1U);
}

TEST(Dedupe, remembers_as_much_as_it_may_and_says_what_it_forgot) {
  // One for each key group.
  TaskHarness task(dedupe_operator(),
                   {{"by", {"qname"}}, {"span", {"100s"}}, {"keys_max", {"128"}}}, queries);
  std::map<std::uint32_t, std::vector<std::string>> names;
  for (int i = 0; names.empty() || names.begin()->second.size() < 3; ++i) {
    std::string name = fmt::format("n{}", i);
    names[key_group(hash_bytes(name))].push_back(name);
  }
  const std::vector<std::string>& same = names.begin()->second;
  const std::string& other = std::next(names.begin())->second.front();
  task.feed({query("1s", same[0], 1), query("2s", same[1], 2), query("3s", other, 3),
             query("4s", same[1], 4), query("5s", same[0], 5), query("6s", other, 6)});
  task.watermark(7 * ns_per_s);
  ASSERT_EQ(task.rows().size(), 4U);
  EXPECT_THAT(task.rows()[3], HasSubstr(" 5")) << "the first one had been forgotten";
  EXPECT_EQ(task.counter("keys_evicted"), 2U);
  EXPECT_EQ(task.counter("duplicates"), 2U);
  // What is past is forgotten without a word.
  task.watermark(200 * ns_per_s);
  task.feed({query("201s", same[2], 7)});
  task.finish();
  EXPECT_EQ(task.counter("keys_evicted"), 2U);
}

TEST(Dedupe, judges_rows_as_they_come_where_there_is_no_room_to_wait) {
  TaskHarness task(dedupe_operator(), {{"by", {"qname"}}, {"span", {"2s"}}, {"rows_max", {"128"}}},
                   queries);
  task.feed({query("5s", "a", 1), query("9s", "a", 2), query("8s", "a", 3), query("6s", "a", 4)});
  EXPECT_THAT(task.take(), ElementsAre("9s 192.0.2.1 a 2", "6s 192.0.2.1 a 4"));
  EXPECT_EQ(task.counter("rows_early"), 3U);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("5s 192.0.2.1 a 1"));
}

TEST(Dedupe, of_a_batch_of_equal_rows_only_has_one) {
  TaskHarness task(dedupe_operator(), {{"by", {"qname"}}}, queries);
  task.feed({query("1s", "a", 1), query("1s", "a", 2)});
  task.feed({query("1s", "a", 3), query("2s", "a", 4)});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("1s 192.0.2.1 a 1"));
}

// Few names, so that most rows are duplicates; some rows late.
std::vector<RescaleStep> traffic() {
  std::mt19937_64 dice(41);
  std::vector<RescaleStep> all;
  int number = 0;
  for (std::size_t step = 0; step < 10; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int i = 0; i < 80; ++i)
      now.rows.push_back(
          query(std::to_string(static_cast<TimeNs>(step * 20 + dice() % 70) * 100 * ns_per_ms),
                fmt::format("n{}", dice() % 40), number++, fmt::format("192.0.2.{}", dice() % 3)));
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

TEST(Dedupe, passes_the_same_rows_for_any_number_of_tasks) {
  for (const char* room : {"1Mi", "128"})
    check_rescales(dedupe_operator(),
                   {{"by", {"client", "qname"}}, {"span", {"3s"}}, {"keys_max", {room}}}, queries,
                   {"qname"}, traffic());
}

TEST(Dedupe, goes_on_from_a_checkpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic()) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(
            dedupe_operator(),
            TextOptions{{"by", {"qname"}}, {"span", {"3s"}}, {"keys_max", {"128"}}}, queries);
      },
      steps);
}

TEST(Dedupe, declares_what_it_needs_and_refuses_nonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(dedupe_operator(), options, {queries});
  };
  auto declared = declare(dedupe_operator(), {{"by", {"qname"}}}, {queries});
  EXPECT_THAT(declared->partition_by, ElementsAre("qname"));
  EXPECT_THAT(declared->reads[0], ElementsAre("time", "qname"));
  EXPECT_TRUE(declared->outputs[0].forwards_input);
  EXPECT_THAT(error({{"by", {"nobody"}}}), HasSubstr("no field 'nobody'"));
  EXPECT_THAT(error({{"by", {}}}), HasSubstr("names no field"));
  EXPECT_THAT(error({{"by", {"qname"}}, {"span", {"0s"}}}), HasSubstr("must be above 0"));
  EXPECT_THAT(error({{"by", {"qname"}}, {"time", {"client"}}}), HasSubstr("is of type ip"));
  EXPECT_THAT(declare_error(dedupe_operator(), {{"by", {"qname"}}}, {queries, queries}),
              HasSubstr("and 2 come in"));
}

}  // namespace
}  // namespace dnstorm::operators
