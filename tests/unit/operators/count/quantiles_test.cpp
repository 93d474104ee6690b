#include "operators/count/quantiles.hpp"

#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::check_rescales;
using testing::declare;
using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RescaleStep;
using testing::TaskHarness;
using testing::TextOptions;
using testing::TextRow;

const std::vector<Field> answers = {{"time", Type::time},
                                    {"qtype", Type::u16},
                                    {"latency_us", Type::u64},
                                    {"score", Type::f64},
                                    {"drift", Type::i64}};

TextRow answer(const std::string& time, int qtype, std::uint64_t latency,
               const std::string& score = "0", const std::string& drift = "0") {
  return {time, fmt::format("{}", qtype), fmt::format("{}", latency), score, drift};
}

TEST(Quantiles, ofANumberPerKeyAndWindow) {
  TaskHarness task(quantiles_operator(), {{"of", {"latency_us"}}, {"by", {"qtype"}}}, answers);
  for (std::uint64_t i = 1; i <= 60; ++i) task.feed({answer("1s", 28, 61 - i)});
  task.feed({answer("2s", 1, 7), answer("3s", 1, 9), answer("12s", 1, 5)});
  task.finish();
  EXPECT_THAT(task.take(),
              ElementsAre("0s 10s 1 2 7 9 16 7 9 9 9 0", "0s 10s 28 60 1 60 1830 30 54 57 60 0",
                          "10s 20s 1 1 5 5 5 5 5 5 5 0"));
}

TEST(Quantiles, ofNumbersBelowZeroAndWithFractions) {
  TaskHarness score(quantiles_operator(), {{"of", {"score"}}, {"quantiles", {"0.25", "0.999"}}},
                    answers);
  score.feed({answer("1s", 1, 0, "0.5"), answer("1s", 1, 0, "-1.5"), answer("1s", 1, 0, "2"),
              answer("1s", 1, 0, "inf"), answer("1s", 1, 0, "nan")});
  score.finish();
  EXPECT_THAT(score.take(), ElementsAre("0s 10s 3 -1.5 2 1 -1.5 2 0"));
  EXPECT_EQ(score.counter("not_numbers"), 2U);
  EXPECT_EQ(Schema(score.declaration.outputs[0].fields).names(),
            "window, window_end, count, min, max, sum, p25, p999, error");

  TaskHarness drift(quantiles_operator(), {{"of", {"drift"}}, {"quantiles", {"0.5"}}}, answers);
  drift.feed({answer("1s", 1, 0, "0", "-9"), answer("1s", 1, 0, "0", "-3")});
  drift.finish();
  EXPECT_THAT(drift.take(), ElementsAre("0s 10s 2 -9 -3 -12 -9 0"));
}

TEST(Quantiles, saysHowFarAnEstimateMayBeOff) {
  TaskHarness task(quantiles_operator(),
                   {{"of", {"latency_us"}}, {"quantiles", {"0.5"}}, {"error", {"0.05"}}}, answers);
  for (std::uint64_t i = 1; i <= 1001; ++i) task.feed({answer("1s", 1, i)});
  task.finish();
  double median = 0;
  double error = 0;
  ASSERT_EQ(
      std::sscanf(task.take()[0].c_str(), "0s 10s 1001 1 1001 501501 %lf %lf", &median, &error), 2);
  EXPECT_LE(error, 0.05);
  EXPECT_NEAR(median, 501, 501 * error);
}

TEST(Quantiles, ofTheRankThatIsMeant) {
  TaskHarness task(quantiles_operator(),
                   {{"of", {"latency_us"}},
                    {"quantiles", {"0.07", "0.95", "0.99", "0.5", "0.01"}},
                    {"exact_below", {"100"}}},
                   answers);
  for (std::uint64_t i = 1; i <= 100; ++i) task.feed({answer("1s", 1, i)});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 100 1 100 5050 7 95 99 50 1 0"));
}

// Numbers of some keys; steps of half a window, some rows late.
std::vector<RescaleStep> traffic(std::size_t steps, std::size_t rows_each) {
  std::mt19937_64 dice(23);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < steps; ++step) {
    RescaleStep& now = all.emplace_back();
    for (std::size_t i = 0; i < rows_each; ++i) {
      auto time = static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s;
      now.rows.push_back(answer(std::to_string(time), static_cast<int>(dice() % 20),
                                100'000 / (1 + dice() % 5'000)));
    }
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

const TextOptions by_type = {{"of", {"latency_us"}}, {"by", {"qtype"}}, {"exact_below", {"8"}}};

TextOptions with(TextOptions options, const TextOptions& more) {
  options.insert(more.begin(), more.end());
  return options;
}

TEST(Quantiles, ofAnyNumberOfTasks) {
  for (const TextOptions& windows :
       {TextOptions{{"window", {"5s"}}}, TextOptions{{"window", {"6s"}}, {"slide", {"2s"}}},
        TextOptions{{"session", {"1s"}}}, TextOptions{{"window", {"0s"}}}})
    check_rescales(quantiles_operator(), with(by_type, windows), answers, {"qtype"},
                   traffic(9, 120));
}

TEST(Quantiles, goesOnFromACheckpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic(8, 60)) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  for (const TextOptions& windows :
       {TextOptions{{"window", {"5s"}}}, TextOptions{{"window", {"6s"}}, {"slide", {"2s"}}},
        TextOptions{{"session", {"1s"}}}, TextOptions{{"count_window", {"70"}}}})
    testing::check_resumes(
        [&] {
          return std::make_unique<TaskHarness>(quantiles_operator(), with(by_type, windows),
                                               answers);
        },
        steps);
}

// Parts made by three tasks that rows are dealt out to, put together by one.
TEST(Quantiles, ofPartsAreThoseOfTheWhole) {
  for (const TextOptions& windows :
       {TextOptions{{"window", {"4s"}}, {"lateness", {"2s"}}},
        TextOptions{{"window", {"6s"}}, {"slide", {"2s"}}}, TextOptions{{"window", {"0s"}}}}) {
    TaskHarness whole(quantiles_operator(), with(by_type, windows), answers);
    std::vector<std::unique_ptr<TaskHarness>> parts;
    for (int i = 0; i < 3; ++i)
      parts.push_back(std::make_unique<TaskHarness>(
          quantiles_operator(), with(with(by_type, windows), {{"partial", {"true"}}}), answers));
    TaskHarness merged(
        quantiles_operator(),
        {{"by", {"qtype"}},
         {"exact_below", {"8"}},
         {"merge", {"true"}},
         {"lateness", windows.count("lateness") != 0 ? windows.at("lateness")
                                                     : std::vector<std::string>{"0s"}}},
        parts[0]->declaration.outputs[0].fields);
    auto pass_on = [&] {
      for (auto& part : parts)
        for (auto& [batch, selection] : part->take_batches()) merged.send(batch, selection);
    };
    for (const RescaleStep& step : traffic(9, 150)) {
      std::size_t dealt = 0;
      for (const TextRow& row : step.rows) {
        whole.feed({row});
        parts[dealt++ * 7 % 11 % 3]->feed({row});
      }
      whole.watermark(step.watermark);
      for (auto& part : parts) part->watermark(step.watermark);
      pass_on();
      merged.watermark(step.watermark);
      EXPECT_EQ(merged.take(), whole.take());
      // On the way a merging task is replaced by one that goes on from its checkpoint.
      std::string state = merged.save();
      TaskHarness next(merged.def, {{"by", {"qtype"}}, {"merge", {"true"}}, {"exact_below", {"8"}}},
                       parts[0]->declaration.outputs[0].fields);
      EXPECT_TRUE(next.restore(state).ok());
      EXPECT_EQ(next.save(), state);
    }
    whole.finish();
    for (auto& part : parts) part->finish();
    pass_on();
    merged.finish();
    EXPECT_EQ(merged.take(), whole.take());
    EXPECT_EQ(merged.counter("late_rows"), 0U);
    EXPECT_EQ(merged.counter("damaged_parts"), 0U);
  }
}

TEST(Quantiles, countsPartsThatAreNone) {
  const std::vector<Field> parts = {
      {"window", Type::time}, {"window_end", Type::time}, {"sketch", Type::bytes}};
  TaskHarness task(quantiles_operator(), {{"merge", {"true"}}}, parts);
  task.feed({{"0s", "10s", "no sketch"}});
  task.watermark(10 * ns_per_s);
  task.feed({{"0s", "10s", "late"}});
  task.finish();
  EXPECT_TRUE(task.take().empty());
  EXPECT_EQ(task.counter("damaged_parts"), 1U);
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Quantiles, declaresPartitionAndRefusesNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(quantiles_operator(), options, {answers});
  };
  EXPECT_THAT(declare(quantiles_operator(), by_type, {answers})->partition_by,
              ElementsAre("qtype"));
  auto part = declare(quantiles_operator(), with(by_type, {{"partial", {"true"}}}), {answers});
  EXPECT_TRUE(part->partition_by.empty());
  EXPECT_EQ(part->state, StateScope::partial);
  EXPECT_THAT(error({}), HasSubstr("option 'of' names no field"));
  EXPECT_THAT(error({{"of", {"time"}}}), HasSubstr("is of type time"));
  EXPECT_THAT(error({{"of", {"score"}}, {"quantiles", {"95"}}}), HasSubstr("'95' is no quantile"));
  EXPECT_THAT(error({{"of", {"score"}}, {"quantiles", {"0.5", "0.50"}}}),
              HasSubstr("two fields named 'p50'"));
  EXPECT_THAT(error({{"merge", {"true"}}, {"window", {"5s"}}}),
              HasSubstr("has no meaning with merge: true"));
  EXPECT_THAT(error({{"of", {"score"}}, {"merge", {"true"}}, {"partial", {"true"}}}),
              HasSubstr("has no meaning beside 'partial'"));
  EXPECT_THAT(error(with(by_type, {{"partial", {"true"}}, {"session", {"5s"}}})),
              HasSubstr("has no meaning with partial: true"));
}

}  // namespace
}  // namespace dnstorm::operators
