#include "operators/count/count.hpp"

#include <random>

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

const std::vector<Field> packets = {
    {"time", Type::time},  {"qtype", Type::u16, Role::plain, "qtype"},  {"rcode", Type::u8},
    {"size", Type::u32},   {"qname", Type::str, Role::plain, "", true}, {"client", Type::ip},
    {"latency", Type::f64}};

TextRow packet(std::string time, std::string qtype, std::string rcode = "0",
               std::string size = "100", std::string qname = "example.com",
               std::string client = "192.0.2.1") {
  return {std::move(time),
          std::move(qtype),
          std::move(rcode),
          std::move(size),
          std::move(qname),
          std::move(client),
          "0"};
}

TEST(Count, counts_per_key_and_window_in_the_order_of_keys) {
  TaskHarness task(count_operator(), {{"by", {"qtype", "rcode"}}}, packets);
  task.feed({packet("1s", "28"), packet("2s", "1", "3"), packet("3s", "1"), packet("9.9s", "28"),
             packet("10s", "1")});
  EXPECT_THAT(task.take(), IsEmpty());
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 0 1", "0s 10s 1 3 1", "0s 10s 28 0 2"));
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 1 0 1"));
}

TEST(Count, counts_every_form_of_key) {
  struct Case {
    std::vector<std::string> by;
    std::vector<std::string> rows;
  };
  const Case cases[] = {
      {{}, {"0s 10s 4"}},
      {{"rcode"}, {"0s 10s 0 3", "0s 10s 5 1"}},
      {{"qtype"}, {"0s 10s 1 3", "0s 10s 28 1"}},
      {{"size", "qtype"}, {"0s 10s 90 1 1", "0s 10s 100 1 2", "0s 10s 100 28 1"}},
      {{"qname"}, {"0s 10s a.example 1", "0s 10s b.example 3"}},
      {{"client"}, {"0s 10s 192.0.2.1 3", "0s 10s 2001:db8::1 1"}},
      {{"client", "qname"},
       {"0s 10s 192.0.2.1 a.example 1", "0s 10s 192.0.2.1 b.example 2",
        "0s 10s 2001:db8::1 b.example 1"}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(fmt::format("by {}", fmt::join(c.by, ",")));
    TaskHarness task(count_operator(), {{"by", c.by}}, packets);
    task.feed({packet("1s", "1", "0", "100", "b.example"),
               packet("2s", "28", "0", "100", "b.example"),
               packet("3s", "1", "5", "90", "b.example", "2001:db8::1"),
               packet("3s", "1", "0", "100", "a.example")});
    task.watermark(10 * ns_per_s);
    auto rows = task.take();
    // IPv4 is mapped into IPv6 and stands behind ::; the order is that of the bytes.
    std::sort(rows.begin(), rows.end());
    auto expected = c.rows;
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(rows, expected);
  }
}

TEST(Count, adds_a_weight_and_sums) {
  TaskHarness task(count_operator(), {{"by", {"qtype"}}, {"weight", {"size"}}, {"sums", {"rcode"}}},
                   packets);
  task.feed(
      {packet("1s", "1", "2", "40"), packet("2s", "1", "3", "60"), packet("2s", "2", "0", "0")});
  task.watermark(10 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 100 5", "0s 10s 2 0 0"));
}

TEST(Count, counts_late_rows_instead_of_losing_them) {
  TaskHarness task(count_operator(), {{"lateness", {"2s"}}}, packets);
  task.feed({packet("1s", "1")});
  task.watermark(11 * ns_per_s);
  task.feed({packet("9s", "1"), packet("12s", "1")});
  EXPECT_THAT(task.take(), IsEmpty());
  task.watermark(12 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 2"));
  task.feed({packet("9s", "1"), packet("13s", "1"), packet("3s", "1")});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("10s 20s 2"));
  EXPECT_EQ(task.counter("late_rows"), 2U);
}

TEST(Count, a_gap_of_years_costs_nothing_and_times_before_1970_have_windows) {
  TaskHarness task(count_operator(), {{"window", {"1ms"}}}, packets);
  task.feed({packet("-2000000000s", "1"), packet("-1", "1"), packet("0", "1"),
             packet("2000000000s", "1")});
  task.watermark(3'000'000'000 * ns_per_s);
  EXPECT_THAT(task.take(), ElementsAre("-2000000000s -1999999999999000000ns 1", "-1000000ns 0s 1",
                                       "0s 1000000ns 1", "2000000000s 2000000000001000000ns 1"));
}

TEST(Count, the_ends_of_time_do_not_overflow) {
  TaskHarness task(count_operator(), {{"lateness", {"1h"}}}, packets);
  task.feed({packet(std::to_string(time_max), "1"), packet(std::to_string(time_max - 1), "1")});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre(HasSubstr(" 2")));
}

TEST(Count, window_zero_is_the_whole_input_and_needs_no_time) {
  TaskHarness task(count_operator(), {{"by", {"qtype"}}, {"window", {"0s"}}},
                   {{"qtype", Type::u16}});
  task.feed({{"1"}, {"1"}});
  task.watermark(1000 * ns_per_s);
  task.feed({{"1"}});
  EXPECT_THAT(task.take(), IsEmpty());
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 0s 1 3"));
  EXPECT_EQ(task.counter("late_rows"), 0U);
}

TEST(Count, windows_that_are_used_again_start_empty) {
  for (const char* key : {"qtype", "size", "qname"}) {
    TaskHarness task(count_operator(), {{"by", {key}}}, packets);
    for (int window = 0; window < 20; ++window) {
      std::vector<TextRow> rows;
      // Many keys in one window, then few: tables shrink and stay right.
      int keys = window % 5 == 0 ? 20'000 : 3;
      for (int i = 0; i < keys; ++i)
        rows.push_back(packet(fmt::format("{}s", window * 10), std::to_string(i), "0",
                              std::to_string(i * 7), fmt::format("n{}.example", i)));
      task.feed(rows);
      task.watermark((window + 1) * 10 * ns_per_s);
      auto out = task.take();
      ASSERT_EQ(out.size(), static_cast<std::size_t>(keys)) << key;
      for (const std::string& row : out) ASSERT_EQ(row.substr(row.size() - 2), " 1") << row;
    }
  }
}

TEST(Count, agrees_with_a_map_on_random_rows) {
  std::mt19937_64 random(4711);
  TaskHarness task(count_operator(), {{"by", {"size", "qname"}}}, packets);
  std::map<std::string, int> truth;
  std::vector<TextRow> rows;
  for (int i = 0; i < 50'000; ++i) {
    std::string size = std::to_string(random() % 100);
    std::string name = fmt::format("n{}", random() % 200);
    ++truth[size + " " + name];
    rows.push_back(packet(std::to_string(random() % 10'000'000'000), "1", "0", size, name));
  }
  task.feed(rows);
  task.watermark(10 * ns_per_s);
  std::map<std::string, int> counted;
  for (const std::string& row : task.take()) {
    std::size_t key = row.find(' ', row.find(' ') + 1) + 1;
    std::size_t count = row.rfind(' ');
    counted[row.substr(key, count - key)] = std::stoi(row.substr(count));
  }
  EXPECT_EQ(counted, truth);
}

TEST(Count, takes_several_inputs_with_fields_at_different_places) {
  std::vector<std::vector<Field>> inputs = {
      {{"time", Type::time}, {"qname", Type::str}},
      {{"qname", Type::str}, {"client", Type::ip}, {"time", Type::time}}};
  TaskHarness task(count_operator(), {{"by", {"qname"}}}, inputs);
  task.feed({{"1s", "a"}}, 0);
  task.feed({{"a", "::1", "1s"}, {"b", "::1", "1s"}}, 1);
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s a 2", "0s 10s b 1"));
}

TEST(Count, writes_only_what_is_read) {
  TaskHarness task(count_operator(), {{"by", {"qname", "rcode"}}}, packets,
                   {.read_outputs = {"window", "rcode", "count"}});
  task.feed({packet("1s", "1", "5")});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 5 1"));
  TaskHarness unread(count_operator(), {}, packets, {.outputs_wanted = false});
  unread.feed({packet("1s", "1", "5")});
  unread.finish();
}

TEST(Count, declares_roles_and_partition) {
  auto declaration = declare(count_operator(), {{"by", {"qtype", "qname"}}}, {packets}).value();
  const auto& fields = declaration.outputs[0].fields;
  EXPECT_EQ(Schema(fields).names(), "window, window_end, qtype, qname, count");
  EXPECT_EQ(fields[0].role, Role::time);
  EXPECT_EQ(fields[1].role, Role::window_end);
  EXPECT_EQ(fields[2].role, Role::key);
  EXPECT_EQ(fields[2].labels, "qtype");
  EXPECT_TRUE(fields[3].unbounded);
  EXPECT_EQ(fields[4].role, Role::value);
  EXPECT_THAT(declaration.partition_by, ElementsAre("qtype", "qname"));
  EXPECT_THAT(declaration.reads[0], ElementsAre("time", "qtype", "qname"));
  EXPECT_FALSE(declaration.single_task);
  EXPECT_TRUE(declare(count_operator(), {}, {packets})->single_task);
}

// As behind a PARTIAL_KEY grouping: two tasks have parts of one key, a second count adds them up.
TEST(Count, parts_add_up_to_the_whole) {
  TextOptions partial = {{"by", {"qname"}}, {"partial", {"true"}}};
  EXPECT_TRUE(declare(count_operator(), partial, {packets}).value().partition_by.empty());
  TaskHarness whole(count_operator(),
                    {{"by", {"qname"}}, {"weight", {"count"}}, {"time", {"window"}}},
                    {{"window", Type::time, Role::time},
                     {"window_end", Type::time},
                     {"qname", Type::str, Role::key, "", true},
                     {"count", Type::u64, Role::value}});
  for (const std::vector<std::string>& names :
       {std::vector<std::string>{"a", "a", "b"}, std::vector<std::string>{"a", "c"}}) {
    TaskHarness part(count_operator(), partial, packets);
    for (const std::string& name : names) part.feed({packet("3s", "1", "0", "100", name)});
    part.watermark(10 * ns_per_s);
    for (auto& [batch, selection] : part.take_batches()) {
      EXPECT_EQ(batch->schema().names(), whole.input_schema()->names());
      whole.send(batch, selection);
    }
  }
  whole.watermark(10 * ns_per_s);
  EXPECT_THAT(whole.take(), ElementsAre("0s 10s a 3", "0s 10s b 1", "0s 10s c 1"));
}

// Edge and centre: parts of any shape, put together window by window under the names of the whole.
TEST(Count, merges_parts_with_their_sums) {
  const TextOptions options = {{"by", {"qtype"}}, {"sums", {"size", "rcode"}}};
  auto with = [&](const char* half) {
    TextOptions all = options;
    all[half] = {"true"};
    return all;
  };
  TaskHarness whole(count_operator(), options, packets);
  TaskHarness a(count_operator(), with("partial"), packets);
  TaskHarness b(count_operator(), with("partial"), packets);
  TaskHarness merged(count_operator(), with("merge"), a.declaration.outputs[0].fields);
  EXPECT_EQ(Schema(merged.declaration.outputs[0].fields).names(),
            "window, window_end, qtype, count, size_sum, rcode_sum");
  EXPECT_THAT(merged.declaration.partition_by, ElementsAre("qtype"));
  EXPECT_EQ(merged.declaration.state, StateScope::keyed);
  std::mt19937_64 dice(3);
  for (TimeNs second = 0; second < 60; ++second) {
    for (int i = 0; i < 7; ++i) {
      auto row = packet(std::to_string((second + static_cast<TimeNs>(dice() % 3)) * ns_per_s),
                        std::to_string(dice() % 4), std::to_string(dice() % 5),
                        std::to_string(dice() % 900));
      whole.feed({row});
      (i % 3 == 0 ? a : b).feed({row});
    }
    for (TaskHarness* task : {&whole, &a, &b}) task->watermark(second * ns_per_s);
    for (TaskHarness* part : {&a, &b})
      for (auto& [batch, selection] : part->take_batches()) merged.send(batch, selection);
    merged.watermark(second * ns_per_s);
    ASSERT_EQ(merged.take(), whole.take()) << "after " << second << " s";
  }
  merged.feed({{"0s", "10s", "1", "4", "7", "7"}});
  EXPECT_EQ(merged.counter("late_rows"), 1U);
}

TEST(Count, refuses_halves_that_do_not_fit) {
  const std::vector<Field> parts = {{"window", Type::time},
                                    {"window_end", Type::time},
                                    {"qtype", Type::u16},
                                    {"count", Type::u64},
                                    {"size_sum", Type::u32}};
  auto error = [&](TextOptions options) {
    options["merge"] = {"true"};
    return declare_error(count_operator(), options, {parts});
  };
  EXPECT_EQ(error({{"by", {"qtype"}}}), "");
  EXPECT_THAT(error({{"window", {"5s"}}}), HasSubstr("has no meaning with merge: true"));
  EXPECT_THAT(error({{"weight", {"count"}}}), HasSubstr("has no meaning with merge: true"));
  EXPECT_THAT(error({{"partial", {"true"}}}), HasSubstr("has no meaning beside 'partial'"));
  EXPECT_THAT(error({{"sums", {"size"}}}), HasSubstr("field 'size_sum' is of type u32, not u64"));
  EXPECT_THAT(error({{"sums", {"rcode"}}}), HasSubstr("no field 'rcode_sum'"));
}

TEST(Count, refuses_what_cannot_be_counted) {
  auto error = [](const TextOptions& options) {
    return declare_error(count_operator(), options, {packets});
  };
  EXPECT_EQ(error({{"by", {"qtyp"}}}),
            "stream 'default' of 'input' has no field 'qtyp', did you mean 'qtype'?");
  EXPECT_EQ(error({{"time", {"size"}}}),
            "field 'size' is of type u32, windows need one of type time");
  EXPECT_EQ(error({{"weight", {"latency"}}}),
            "field 'latency' is of type f64; 'weight' adds up fields of type u8, u16, u32 or u64");
  EXPECT_EQ(error({{"by", {"qtype", "qtype"}}}),
            "the result would have two fields named 'qtype'; leave 'qtype' out of 'by'");
  EXPECT_THAT(declare_error(count_operator(), {{"by", {"a"}}},
                            {{{"time", Type::time}, {"a", Type::u8}},
                             {{"time", Type::time}, {"a", Type::u16}}}),
              HasSubstr("field 'a' is u8 in stream"));
}

}  // namespace
}  // namespace dnstorm::operators
