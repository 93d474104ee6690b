#include "operators/shape/sessionise.hpp"

#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_rescales;
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
    {"time", Type::time}, {"qname", Type::str}, {"number", Type::u32}, {"ad", Type::boolean}};

TextRow query(const std::string& time, const std::string& name, int number = 0) {
  return {time, name, fmt::format("{}", number), number % 2 == 0 ? "true" : "false"};
}

const TaskHarness::Settings without_id{
    .read_outputs = {"time", "qname", "number", "session_start", "session_row"}};

TEST(Sessionise, tells_rows_their_session) {
  TaskHarness task(sessionise_operator(), {{"by", {"qname"}}, {"gap", {"5s"}}}, queries,
                   without_id);
  task.feed({query("1s", "a", 1), query("2s", "b", 2), query("5.9s", "a", 3), query("7s", "b", 4)});
  EXPECT_THAT(task.take(), IsEmpty()) << "an earlier row may come";
  task.feed({query("10.9s", "a", 5), query("10s", "a", 6)});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(),
              ElementsAre("1s a 1 1s 1", "2s b 2 2s 1", "5900000000ns a 3 1s 2", "7s b 4 7s 1"));
  task.feed({query("9s", "a", 7)});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s a 6 1s 3", "10900000000ns a 5 1s 4"));
  EXPECT_THAT(task.take(1), ElementsAre("9s a 7"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Sessionise, is_the_same_in_every_order_of_rows) {
  std::vector<TextRow> rows = {query("1s", "a", 1), query("4s", "a", 2), query("7s", "a", 3),
                               query("7s", "b", 4), query("12s", "a", 5)};
  std::sort(rows.begin(), rows.end());
  std::set<std::vector<std::string>> results;
  do {
    TaskHarness task(sessionise_operator(), {{"by", {"qname"}}, {"gap", {"4s"}}}, queries);
    for (const TextRow& row : rows) task.feed({row});
    task.finish();
    results.insert(task.take());
  } while (std::next_permutation(rows.begin(), rows.end()));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results.begin()->size(), 5U);
}

TEST(Sessionise, names_a_session_by_its_key_and_start) {
  TaskHarness task(sessionise_operator(), {{"by", {"qname"}}, {"gap", {"5s"}}}, queries,
                   {.read_outputs = {"session"}});
  task.feed({query("1s", "a"), query("2s", "a"), query("2s", "b"), query("8s", "a")});
  task.finish();
  auto ids = task.take();
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_NE(ids[0], ids[2]);
  EXPECT_NE(ids[0], ids[3]);
  TaskHarness again(sessionise_operator(), {{"by", {"qname"}}, {"gap", {"5s"}}}, queries,
                    {.read_outputs = {"session"}});
  again.feed({query("8s", "a")});
  again.finish();
  EXPECT_EQ(again.take()[0], ids[3]) << "whatever came before it";
}

TEST(Sessionise, waits_for_late_rows_as_long_as_asked) {
  TaskHarness task(sessionise_operator(),
                   {{"by", {"qname"}}, {"gap", {"5s"}}, {"lateness", {"3s"}}}, queries, without_id);
  task.feed({query("8s", "a", 1)});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), IsEmpty());
  task.feed({query("7s", "a", 2), query("6.9s", "a", 3)});
  task.watermark(11 * ns_per_s + 1);
  EXPECT_THAT(task.take(), ElementsAre("7s a 2 7s 1", "8s a 1 7s 2"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

// Two names of one key group, and one of another.
std::vector<std::string> crowded_names() {
  std::map<std::uint32_t, std::vector<std::string>> names;
  for (int i = 0;; ++i) {
    std::string name = fmt::format("n{}", i);
    auto& group = names[key_group(hash_bytes(name))];
    group.push_back(name);
    if (group.size() < 2 || names.size() < 2) continue;
    auto other = std::find_if(names.begin(), names.end(),
                              [&](const auto& entry) { return &entry.second != &group; });
    return {group[0], group[1], other->second[0]};
  }
}

TEST(Sessionise, ends_the_oldest_session_where_there_is_no_room) {
  auto names = crowded_names();
  TaskHarness task(sessionise_operator(),
                   {{"by", {"qname"}}, {"gap", {"50s"}}, {"sessions_max", {"128"}}}, queries,
                   {.read_outputs = {"number", "session_start"}});
  task.feed({query("1s", names[0], 1), query("2s", names[2], 2), query("3s", names[1], 3),
             query("4s", names[1], 4), query("5s", names[0], 5), query("6s", names[2], 6)});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("1 1s", "2 2s", "3 3s", "4 3s", "5 5s", "6 2s"));
  EXPECT_EQ(task.counter("sessions_evicted"), 2U);
}

TEST(Sessionise, passes_rows_on_at_once_where_there_is_no_room_to_wait) {
  TaskHarness task(sessionise_operator(),
                   {{"by", {"qname"}}, {"gap", {"5s"}}, {"rows_max", {"128"}}}, queries,
                   without_id);
  task.feed({query("2s", "a", 1), query("4s", "a", 2), query("1s", "a", 3), query("-8s", "a", 4)});
  EXPECT_THAT(task.take(), ElementsAre("4s a 2 4s 1", "1s a 3 4s 2", "-8s a 4 -8s 1"));
  EXPECT_EQ(task.counter("rows_early"), 3U);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("2s a 1 4s 3"));
}

std::vector<RescaleStep> traffic() {
  std::mt19937_64 dice(53);
  std::vector<RescaleStep> all;
  int number = 0;
  for (std::size_t step = 0; step < 10; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int i = 0; i < 40; ++i)
      now.rows.push_back(
          query(std::to_string(static_cast<TimeNs>(step * 20 + dice() % 70) * 100 * ns_per_ms),
                fmt::format("n{}", dice() % 40), number++));
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

TEST(Sessionise, is_the_same_for_any_number_of_tasks) {
  for (const char* room : {"1Mi", "128"})
    check_rescales(sessionise_operator(),
                   {{"by", {"qname"}}, {"gap", {"2s"}}, {"sessions_max", {room}}}, queries,
                   {"qname"}, traffic());
}

TEST(Sessionise, goes_on_from_a_checkpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic()) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  testing::check_resumes(
      [] {
        return std::make_unique<TaskHarness>(
            sessionise_operator(),
            TextOptions{{"by", {"qname"}}, {"gap", {"2s"}}, {"rows_max", {"512"}}}, queries);
      },
      steps);
}

TEST(Sessionise, declares_what_it_adds_and_refuses_nonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(sessionise_operator(), options, {queries});
  };
  auto declared = declare(sessionise_operator(), {{"by", {"qname"}}}, {queries});
  EXPECT_EQ(Schema(declared->outputs[0].fields).names(),
            "time, qname, number, ad, session, session_start, session_row");
  EXPECT_THAT(declared->partition_by, ElementsAre("qname"));
  EXPECT_EQ(declared->state, StateScope::keyed);
  EXPECT_THAT(error({{"by", {"nobody"}}}), HasSubstr("no field 'nobody'"));
  EXPECT_THAT(error({{"by", {"qname"}}, {"gap", {"0s"}}}), HasSubstr("must be above 0"));
  EXPECT_THAT(error({{"by", {"qname"}}, {"time", {"number"}}}), HasSubstr("is of type u32"));
  EXPECT_THAT(declare_error(sessionise_operator(), {{"by", {"a"}}},
                            {{{"time", Type::time}, {"a", Type::u8}, {"session", Type::u8}}}),
              HasSubstr("adds a field 'session', and the stream has one already"));
}

}  // namespace
}  // namespace dnstorm::operators
