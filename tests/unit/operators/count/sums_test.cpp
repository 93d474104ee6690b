#include "operators/count/sums.hpp"

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

const std::vector<Field> answers = {{"time", Type::time}, {"qtype", Type::u16},
                                    {"size", Type::u16},  {"bytes", Type::u64},
                                    {"drift", Type::i64}, {"load", Type::f64}};

TextRow answer(const std::string& time, int qtype, int size, const std::string& bytes = "0",
               const std::string& drift = "0", const std::string& load = "0") {
  return {time, fmt::format("{}", qtype), fmt::format("{}", size), bytes, drift, load};
}

TextOptions with(TextOptions options, const TextOptions& more) {
  options.insert(more.begin(), more.end());
  return options;
}

TEST(Aggregate, OfFieldsPerKeyAndWindow) {
  TaskHarness task(aggregate_operator(),
                   {{"sum", {"size"}},
                    {"min", {"size", "drift"}},
                    {"max", {"load"}},
                    {"mean", {"size"}},
                    {"first", {"size", "time"}},
                    {"last", {"drift"}},
                    {"by", {"qtype"}}},
                   answers);
  task.feed({answer("3s", 28, 100, "0", "-4", "0.5"), answer("1s", 28, 40, "0", "9", "-2"),
             answer("2s", 28, 70, "0", "3", "0.25"), answer("4s", 1, 512, "0", "-1", "-7.5")});
  task.feed({answer("11s", 28, 60000), answer("12s", 28, 60000)});
  task.watermark(10 * ns_per_s);
  task.feed({answer("9s", 28, 1)});
  task.finish();
  EXPECT_EQ(Schema(task.declaration.outputs[0].fields).names(),
            "window, window_end, qtype, count, size_sum, size_min, drift_min, load_max, size_mean, "
            "size_first, time_first, drift_last");
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 1 512 512 -1 -7.5 512 512 4s -1",
                                       "0s 10s 28 3 210 40 -4 0.5 70 40 1s -4",
                                       "10s 20s 28 2 120000 60000 0 0 60000 60000 11s 0"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Aggregate, IsTheSameInEveryOrderOfRows) {
  std::vector<TextRow> rows = {
      answer("1s", 1, 5, "1", "-3", "0.1"), answer("1s", 1, 9, "1", "7", "0.2"),
      answer("2s", 1, 7, "1", "0", "1e17"), answer("2s", 1, 3, "1", "2", "-1e17")};
  std::sort(rows.begin(), rows.end());
  std::set<std::string> results;
  do {
    TaskHarness task(aggregate_operator(),
                     {{"first", {"size"}}, {"last", {"size"}}, {"sum", {"load", "drift"}}},
                     answers);
    task.feed(rows);
    task.finish();
    results.merge(std::set<std::string>{task.rows().begin(), task.rows().end()});
  } while (std::next_permutation(rows.begin(), rows.end()));
  EXPECT_THAT(results, ElementsAre("0s 10s 4 0.30000000000000004 6 5 7"))
      << "the least of the earliest, the greatest of the latest, and a sum without rounding";
}

TEST(Aggregate, TellsSumsThatDoNotFit) {
  const std::string most = "18446744073709551615";
  TaskHarness task(
      aggregate_operator(),
      {{"sum", {"bytes", "drift", "load"}}, {"mean", {"bytes", "drift"}}, {"by", {"qtype"}}},
      answers);
  task.feed({answer("1s", 1, 0, most, "9223372036854775807", "1e308"),
             answer("2s", 1, 0, most, "9223372036854775807", "1e308"),
             answer("1s", 2, 0, most, "-9223372036854775808", "-1e308"),
             answer("2s", 2, 0, "0", "-9223372036854775808", "-1e308"),
             answer("3s", 2, 0, "0", "1", "1e308")});
  task.finish();
  EXPECT_THAT(task.take(),
              ElementsAre("0s 10s 1 2 18446744073709551615 9223372036854775807 "
                          "1.7976931348623157e+308 1.8446744073709552e+19 9.223372036854776e+18",
                          "0s 10s 2 3 18446744073709551615 -9223372036854775808 -1e+308 "
                          "6.148914691236517e+18 -6.148914691236517e+18"));
  EXPECT_EQ(task.counter("sums_saturated"), 4U);
}

TEST(Aggregate, LeavesOutWhatIsNoNumber) {
  TaskHarness task(aggregate_operator(),
                   {{"sum", {"load"}},
                    {"min", {"load"}},
                    {"mean", {"load"}},
                    {"last", {"load"}},
                    {"by", {"qtype"}}},
                   answers);
  task.feed({answer("1s", 1, 0, "0", "0", "nan"), answer("2s", 1, 0, "0", "0", "2"),
             answer("3s", 1, 0, "0", "0", "-inf"), answer("3s", 2, 0, "0", "0", "inf")});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 3 2 2 2 2", "0s 10s 2 1 0 nan nan nan"));
  EXPECT_EQ(task.counter("not_numbers"), 3U);
}

TEST(Aggregate, OfSessionsAndOfTheWholeInput) {
  TaskHarness sessions(aggregate_operator(),
                       {{"sum", {"size"}}, {"by", {"qtype"}}, {"session", {"3s"}}}, answers);
  sessions.feed({answer("1s", 1, 5), answer("3s", 1, 6), answer("6s", 1, 7), answer("2s", 2, 8)});
  sessions.finish();
  EXPECT_THAT(sessions.take(), ElementsAre("2s 5s 2 1 8", "1s 6s 1 2 11", "6s 9s 1 1 7"));

  TaskHarness whole(aggregate_operator(), {{"last", {"size"}}, {"window", {"0s"}}}, answers);
  whole.feed({answer("9s", 1, 5), answer("3s", 1, 6)});
  whole.finish();
  EXPECT_THAT(whole.take(), ElementsAre("0s 0s 2 5"));
}

// Numbers of some keys; steps of half a window, some rows late. Loads whose sum depends on their
// order as soon as it is rounded on the way.
std::vector<RescaleStep> traffic(std::size_t steps, std::size_t rows_each) {
  std::mt19937_64 dice(23);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < steps; ++step) {
    RescaleStep& now = all.emplace_back();
    for (std::size_t i = 0; i < rows_each; ++i) {
      auto time = static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s;
      double load = std::ldexp(static_cast<double>(dice() % 99'999) - 50'000,
                               static_cast<int>(dice() % 120) - 60);
      now.rows.push_back(answer(std::to_string(time), static_cast<int>(dice() % 20),
                                static_cast<int>(dice() % 4096), fmt::format("{}", dice()),
                                fmt::format("{}", static_cast<std::int64_t>(dice())),
                                fmt::format("{}", load)));
    }
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

const TextOptions by_type = {{"sum", {"load", "bytes", "drift"}},
                             {"mean", {"load"}},
                             {"min", {"bytes"}},
                             {"max", {"drift", "load"}},
                             {"first", {"size"}},
                             {"last", {"load"}},
                             {"by", {"qtype"}}};
const std::vector<TextOptions> window_kinds = {
    {{"window", {"5s"}}}, {{"window", {"6s"}}, {"slide", {"2s"}}}, {{"window", {"0s"}}}};

TEST(Aggregate, OfAnyNumberOfTasks) {
  for (const TextOptions& windows : window_kinds)
    check_rescales(aggregate_operator(), with(by_type, windows), answers, {"qtype"},
                   traffic(9, 100));
  check_rescales(aggregate_operator(), with(by_type, {{"session", {"1s"}}}), answers, {"qtype"},
                 traffic(9, 100));
}

TEST(Aggregate, GoesOnFromACheckpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic(8, 50)) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  std::vector<TextOptions> kinds = window_kinds;
  kinds.push_back({{"session", {"1s"}}});
  kinds.push_back({{"count_window", {"70"}}});
  for (const TextOptions& windows : kinds)
    testing::check_resumes(
        [&] {
          return std::make_unique<TaskHarness>(aggregate_operator(), with(by_type, windows),
                                               answers);
        },
        steps);
}

// Parts made by three tasks that rows are dealt out to, put together by one.
TEST(Aggregate, OfPartsIsThatOfTheWhole) {
  for (const TextOptions& windows : window_kinds) {
    TaskHarness whole(aggregate_operator(), with(by_type, windows), answers);
    std::vector<std::unique_ptr<TaskHarness>> parts;
    for (int i = 0; i < 3; ++i)
      parts.push_back(std::make_unique<TaskHarness>(
          aggregate_operator(), with(with(by_type, windows), {{"partial", {"true"}}}), answers));
    TaskHarness merged(aggregate_operator(), with(by_type, {{"merge", {"true"}}}),
                       parts[0]->declaration.outputs[0].fields);
    // A part shows its own results, too; the merging one reads none of them.
    EXPECT_TRUE(Schema(parts[0]->declaration.outputs[0].fields).find("load_mean"));
    EXPECT_EQ(merged.input_schema()->names(), "window, window_end, qtype, sketch");
    for (const RescaleStep& step : traffic(9, 120)) {
      std::size_t dealt = 0;
      for (const TextRow& row : step.rows) {
        whole.feed({row});
        parts[dealt++ * 7 % 11 % 3]->feed({row});
      }
    }
    whole.finish();
    for (auto& part : parts) {
      part->finish();
      for (auto& [batch, selection] : part->take_batches()) {
        BatchBuilder pruned(merged.input_schema());
        for (RowView row : Rows(*batch, selection.get())) {
          RowWriter to = pruned.add_row();
          for (const Field& field : merged.input_schema()->fields()) {
            auto at = [&](const Schema& schema) { return schema.offset(*schema.find(field.name)); };
            std::uint32_t from = at(batch->schema());
            std::uint32_t into = at(*merged.input_schema());
            if (field.type == Type::bytes)
              to.set_bytes(FieldRef<Bytes>{into}, row.get(FieldRef<Bytes>{from}));
            else
              std::memcpy(to.data() + into, row.data() + from, size_of(field.type));
          }
        }
        merged.send(pruned.seal());
      }
    }
    merged.finish();
    EXPECT_EQ(merged.take(), whole.take());
    EXPECT_EQ(merged.counter("damaged_parts"), 0U);
    EXPECT_EQ(merged.counter("sums_saturated"), whole.counter("sums_saturated"));
  }
}

TEST(Aggregate, CountsPartsOfOtherFields) {
  TaskHarness part(aggregate_operator(), {{"sum", {"size", "bytes"}}, {"partial", {"true"}}},
                   answers, {.read_outputs = {"window", "window_end", "sketch"}});
  part.feed({answer("1s", 1, 5)});
  part.finish();
  TaskHarness merged(aggregate_operator(), {{"sum", {"bytes"}}, {"merge", {"true"}}},
                     part.declaration.outputs[0].fields);
  for (auto& [batch, selection] : part.take_batches()) merged.send(batch, selection);
  merged.finish();
  EXPECT_THAT(merged.take(), IsEmpty());
  EXPECT_EQ(merged.counter("damaged_parts"), 1U);
}

TEST(Aggregate, DeclaresTypesAndRefusesNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(aggregate_operator(), options, {answers});
  };
  auto declared = declare(aggregate_operator(), by_type, {answers});
  EXPECT_THAT(declared->partition_by, ElementsAre("qtype"));
  const Schema result(declared->outputs[0].fields);
  auto type_of = [&](const char* name) { return result.field(result.find(name).value()).type; };
  EXPECT_EQ(type_of("load_sum"), Type::f64);
  EXPECT_EQ(type_of("bytes_sum"), Type::u64);
  EXPECT_EQ(type_of("drift_sum"), Type::i64);
  EXPECT_EQ(type_of("size_first"), Type::u16);
  EXPECT_THAT(error({}), HasSubstr("names a field"));
  EXPECT_THAT(error({{"sum", {"nobody"}}}), HasSubstr("no field 'nobody'"));
  EXPECT_THAT(error({{"sum", {"time"}}}), HasSubstr("is of type time"));
  EXPECT_THAT(error({{"last", {"size"}}, {"time", {"size"}}}), HasSubstr("is of type u16"));
  EXPECT_THAT(error({{"sum", {"size", "size"}}}), HasSubstr("two fields named 'size_sum'"));
  EXPECT_THAT(error({{"sum", {"size"}}, {"merge", {"true"}}}), HasSubstr("no field 'size_sum'"));
  EXPECT_THAT(error({{"sum", {"size"}}, {"partial", {"true"}}, {"session", {"5s"}}}),
              HasSubstr("has no meaning with partial: true"));
}

}  // namespace
}  // namespace dnstorm::operators
