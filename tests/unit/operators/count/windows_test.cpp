// What the aggregates do with the windows of operators/windowing: results against a plain
// recomputation, and options that have no meaning.
#include <map>
#include <random>
#include <set>

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/top.hpp"
#include "operators/windowing/window_shape.hpp"
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

const std::vector<Field> fields = {{"time", Type::time}, {"key", Type::u16}, {"item", Type::str}};

struct Made {
  TimeNs time;
  int key;
  std::string item;
};

std::vector<Made> made_rows(std::size_t count, DurationNs step, unsigned seed) {
  std::mt19937_64 dice(seed);
  std::vector<Made> rows;
  TimeNs now = -20 * ns_per_s;
  for (std::size_t i = 0; i < count; ++i) {
    // Now and then a silence of several windows.
    now += i % 97 == 96 ? 100 * ns_per_s : static_cast<TimeNs>(dice() % 10) * step / 5;
    TimeNs back = static_cast<TimeNs>(dice() % 4) * ns_per_s;
    rows.push_back({now - back, static_cast<int>(dice() % 3), fmt::format("item-{}", dice() % 40)});
  }
  return rows;
}

// Watermarks three seconds behind: no row is late.
std::vector<std::string> run(TaskHarness& task, const std::vector<Made>& rows) {
  TimeNs newest = time_min;
  for (std::size_t i = 0; i < rows.size(); i += 7) {
    std::vector<TextRow> batch;
    for (std::size_t j = i; j < std::min(i + 7, rows.size()); ++j) {
      batch.push_back({std::to_string(rows[j].time), std::to_string(rows[j].key), rows[j].item});
      if (rows[j].time < 0) batch.back()[0] = "-" + std::to_string(-rows[j].time);
      newest = std::max(newest, rows[j].time);
    }
    task.feed(batch);
    task.watermark(newest - 4 * ns_per_s);
  }
  task.finish();
  EXPECT_EQ(task.counter("late_rows"), 0U);
  return task.take();
}

TimeNs floor_to(TimeNs time, DurationNs width) { return window_of(time, width).start; }

struct Slide {
  const char* window;
  const char* slide;
};
const Slide slides[] = {{"10s", "1s"}, {"10s", "5s"}, {"10s", "4s"}, {"6s", "6s"}, {"7s", "3s"}};

TEST(SlidingWindows, count_and_distinct_what_a_recomputation_gives) {
  std::vector<Made> rows = made_rows(1000, ns_per_s, 3);
  for (const Slide& shape : slides) {
    DurationNs window = *parse_duration(shape.window);
    DurationNs slide = *parse_duration(shape.slide);
    std::map<std::pair<TimeNs, int>, std::vector<std::string>> expected;
    for (const Made& row : rows)
      for (TimeNs end = floor_to(row.time, slide) + slide; end - window <= row.time; end += slide)
        expected[{end, row.key}].push_back(row.item);
    std::vector<std::string> counts;
    std::vector<std::string> distincts;
    for (const auto& [at, items] : expected) {
      std::string head = testing::text_of_time(at.first - window) + " " +
                         testing::text_of_time(at.first) + " " + std::to_string(at.second);
      std::set<std::string> different(items.begin(), items.end());
      counts.push_back(fmt::format("{} {}", head, items.size()));
      distincts.push_back(fmt::format("{} {} 0", head, different.size()));
    }
    TextOptions options = {{"by", {"key"}}, {"window", {shape.window}}, {"slide", {shape.slide}}};
    TaskHarness count(count_operator(), options, fields);
    EXPECT_EQ(run(count, rows), counts) << shape.window << " by " << shape.slide;
    options["of"] = {"item"};
    TaskHarness distinct(distinct_operator(), options, fields);
    EXPECT_EQ(run(distinct, rows), distincts) << shape.window << " by " << shape.slide;
  }
}

TEST(SlidingWindows, top_is_exact_while_all_items_fit_in_and_bounded_beyond) {
  std::vector<Made> rows = made_rows(1000, ns_per_s, 4);
  std::map<TimeNs, std::map<std::string, std::uint64_t>> expected;
  for (const Made& row : rows)
    for (TimeNs end = floor_to(row.time, 2 * ns_per_s) + 2 * ns_per_s;
         end - 10 * ns_per_s <= row.time; end += 2 * ns_per_s)
      ++expected[end - 10 * ns_per_s][row.item];
  for (const char* capacity : {"32", "1"}) {
    TaskHarness top(top_operator(),
                    {{"of", {"item"}},
                     {"k", {"1"}},
                     {"capacity", {capacity}},
                     {"window", {"10s"}},
                     {"slide", {"2s"}}},
                    fields);
    std::vector<std::string> results = run(top, rows);
    EXPECT_EQ(results.size(), expected.size());
    for (const auto& [batch, selection] : top.take_batches()) {
      const Schema& schema = batch->schema();
      for (RowView row : Rows(*batch, selection.get())) {
        auto start = row.get(schema.ref<std::int64_t>("window"));
        auto count = row.get(schema.ref<std::uint64_t>("count"));
        auto error = row.get(schema.ref<std::uint64_t>("error"));
        std::uint64_t truth = expected[start][std::string(row.get(schema.ref<Str>("item")))];
        EXPECT_LE(count - error, truth);
        EXPECT_GE(count, truth);
        EXPECT_TRUE(error == 0 || std::string_view(capacity) == "1");
      }
    }
  }
}

TEST(SlidingWindows, a_late_row_counts_in_the_windows_that_are_still_open) {
  TaskHarness task(count_operator(), {{"window", {"10s"}}, {"slide", {"5s"}}}, fields);
  task.feed({{"1s", "1", "a"}, {"6s", "1", "a"}});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("-5s 5s 1", "0s 10s 2"));
  task.feed({{"7s", "1", "a"}, {"4s", "1", "late"}, {"11s", "1", "a"}});
  EXPECT_THAT(task.take(1), ElementsAre("4s 1 late")) << "as it came";
  EXPECT_EQ(task.counter("late_rows"), 1U);
  task.watermark(15 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("5s 15s 3"));
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 1"));
}

TEST(SlidingWindows, a_row_within_lateness_counts_in_what_has_been_merged_already) {
  TaskHarness task(count_operator(), {{"window", {"4s"}}, {"slide", {"1s"}}, {"lateness", {"2s"}}},
                   fields);
  task.feed({{"0s", "1", "a"}, {"1s", "1", "a"}, {"2s", "1", "a"}, {"3s", "1", "a"}});
  task.watermark(5 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("-3s 1s 1", "-2s 2s 2", "-1s 3s 3"));
  task.feed({{"1s", "1", "a"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 4s 5", "1s 5s 4", "2s 6s 2", "3s 7s 1"));
  EXPECT_EQ(task.counter("late_rows"), 0U);
}

TEST(LateStream, W13_has_the_row_as_it_came) {
  TaskHarness task(count_operator(), {{"window", {"10s"}}}, fields);
  for (const char* time : {"603s", "605s", "607s", "618s", "626s", "636s"}) {
    task.feed({{time, "1", "a"}});
    task.watermark(*parse_duration(time));
  }
  EXPECT_THAT(task.take(1), IsEmpty());
  task.feed({{"637s", "1", "in time"}, {"600s", "7", "late"}});
  EXPECT_THAT(task.take(1), ElementsAre("600s 7 late"));
}

TEST(Sessions, are_what_a_recomputation_gives) {
  std::vector<Made> rows = made_rows(1500, ns_per_s, 6);
  DurationNs gap = 3 * ns_per_s;
  std::map<int, std::vector<Made>> by_key;
  for (const Made& row : rows) by_key[row.key].push_back(row);
  std::vector<std::tuple<TimeNs, TimeNs, int, std::size_t, std::size_t>> expected;
  for (auto& [key, list] : by_key) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Made& a, const Made& b) { return a.time < b.time; });
    for (std::size_t i = 0; i < list.size();) {
      std::set<std::string> items;
      std::size_t j = i;
      for (; j < list.size() && (j == i || list[j].time < list[j - 1].time + gap); ++j)
        items.insert(list[j].item);
      expected.emplace_back(list[j - 1].time + gap, list[i].time, key, j - i, items.size());
      i = j;
    }
  }
  std::sort(expected.begin(), expected.end());
  std::vector<std::string> counts;
  std::vector<std::string> distincts;
  for (const auto& [end, start, key, count, items] : expected) {
    std::string head =
        fmt::format("{} {} {}", testing::text_of_time(start), testing::text_of_time(end), key);
    counts.push_back(fmt::format("{} {}", head, count));
    distincts.push_back(fmt::format("{} {} 0", head, items));
  }
  TextOptions options = {{"by", {"key"}}, {"session", {"3s"}}};
  TaskHarness count(count_operator(), options, fields);
  EXPECT_EQ(run(count, rows), counts);
  options["of"] = {"item"};
  TaskHarness distinct(distinct_operator(), options, fields);
  EXPECT_EQ(run(distinct, rows), distincts);
}

TEST(Sessions, a_row_in_between_joins_two) {
  TaskHarness task(count_operator(), {{"by", {"key"}}, {"session", {"5s"}}}, fields);
  task.feed({{"10s", "1", "a"}, {"18s", "1", "a"}, {"10s", "2", "a"}});
  task.watermark(14 * ns_per_s);
  EXPECT_THAT(task.take(), IsEmpty());
  task.feed({{"14s", "1", "a"}});
  task.watermark(22 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("10s 15s 2 1"));
  task.feed({{"17s", "1", "joins"}, {"17s", "2", "late"}, {"18s", "2", "new"}});
  EXPECT_THAT(task.take(1), ElementsAre("17s 2 late"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 23s 1 4", "18s 23s 2 1"));
}

TEST(Sessions, keys_come_and_go) {
  TaskHarness task(count_operator(), {{"by", {"item"}}, {"session", {"1s"}}}, fields);
  std::size_t sessions = 0;
  for (int i = 0; i < 5000; ++i) {
    TextRow row = {fmt::format("{}s", i), "1", fmt::format("name-{}", i)};
    task.feed({row, row});
    task.watermark(i * ns_per_s);
    for (const std::string& result : task.take()) {
      EXPECT_THAT(result, ::testing::EndsWith(" 2"));
      ++sessions;
    }
  }
  EXPECT_EQ(sessions, 4999U);
}

TEST(CountWindows, have_as_many_rows_as_asked_for) {
  TaskHarness task(count_operator(), {{"count_window", {"5"}}, {"count_slide", {"2"}}}, fields);
  for (int i = 1; i <= 8; ++i) task.feed({{fmt::format("{}s", i), "1", "a"}});
  task.watermark(100 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("1s 2000000001ns 2", "1s 4000000001ns 4",
                                       "2s 6000000001ns 5", "4s 8000000001ns 5"));
  EXPECT_EQ(task.declaration.single_task, true);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("6s 8000000001ns 3", "8s 8000000001ns 1"));
}

TEST(CountWindows, of_a_batch_that_spans_several) {
  TaskHarness task(count_operator(), {{"by", {"key"}}, {"count_window", {"3"}}}, fields);
  task.feed({{"1s", "1", "a"},
             {"9s", "2", "a"},
             {"2s", "1", "a"},
             {"3s", "1", "a"},
             {"4s", "1", "a"},
             {"5s", "1", "a"},
             {"6s", "1", "a"}});
  EXPECT_THAT(task.take(),
              ElementsAre("1s 9000000001ns 1 2", "1s 9000000001ns 2 1", "3s 5000000001ns 1 3"));
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("6s 6000000001ns 1 1"));
}

TEST(ProcessingTime, closes_windows_by_the_clock) {
  TaskHarness task(count_operator(), {{"clock", {"processing"}}, {"window", {"10s"}}}, fields);
  task.clock.now = 3 * ns_per_s;
  task.feed({{"77s", "1", "a"}, {"1s", "1", "a"}});
  task.clock.now = 9 * ns_per_s;
  task.feed({{"5s", "1", "a"}});
  task.watermark(100 * ns_per_s);
  EXPECT_THAT(task.take(), IsEmpty()) << "event time does not count";
  task.clock.now = 11 * ns_per_s;
  task.tick();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 3"));
  task.feed({{"1s", "1", "a"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 1"));
  EXPECT_TRUE(task.declaration.reads[0].empty());
}

TEST(WindowOptions, that_contradict_each_other_are_refused) {
  auto error = [](TextOptions options) {
    return declare_error(count_operator(), options, {fields});
  };
  EXPECT_THAT(error({{"slide", {"20s"}}}), HasSubstr("at most as long as the window"));
  EXPECT_THAT(error({{"slide", {"0s"}}}), HasSubstr("above 0"));
  EXPECT_THAT(error({{"slide", {"3ns"}}}), HasSubstr("panes"));
  EXPECT_THAT(error({{"window", {"0s"}}, {"slide", {"1s"}}}), HasSubstr("at most as long"));
  EXPECT_THAT(error({{"session", {"1s"}}}), HasSubstr("'by' must name"));
  EXPECT_THAT(error({{"session", {"1s"}}, {"by", {"key"}}, {"window", {"1s"}}}),
              HasSubstr("'window' has no meaning beside 'session'"));
  EXPECT_THAT(error({{"count_window", {"3"}}, {"window", {"1s"}}}),
              HasSubstr("'window' has no meaning beside 'count_window'"));
  EXPECT_THAT(error({{"count_slide", {"3"}}}), HasSubstr("'count_window'"));
  EXPECT_THAT(error({{"count_window", {"3"}}, {"count_slide", {"4"}}}), HasSubstr("at most"));
  EXPECT_THAT(error({{"clock", {"processing"}}, {"lateness", {"1s"}}}),
              HasSubstr("no row is late"));
}

TEST(WindowOptions, partial_counts_tumble_and_their_sum_slides) {
  EXPECT_THAT(declare_error(count_operator(),
                            {{"by", {"key"}}, {"partial", {"true"}}, {"slide", {"1s"}}}, {fields}),
              HasSubstr("windows that tumble"));
}

// W12: what Storm refuses when the bolt is prepared is refused here before the topology runs.
TEST(WindowOptions, W12_event_time_needs_its_field) {
  EXPECT_THAT(declare_error(count_operator(), {{"time", {"stamp"}}}, {fields}),
              HasSubstr("no field 'stamp'"));
  auto declaration = declare(count_operator(), {}, {fields, fields}).value();
  EXPECT_EQ(declaration.outputs.size(), 1U) << "rows of two inputs have no late stream in common";
}

}  // namespace
}  // namespace dnstorm::operators
