#include "operators/count/histogram.hpp"

#include "tests/unit/operators/rescale_check.hpp"
#include "tests/unit/operators/resume_check.hpp"

namespace dnstorm::operators {
namespace {

using testing::declare_error;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::RescaleStep;
using testing::TaskHarness;
using testing::TextOptions;

const std::vector<Field> packets = {
    {"time", Type::time}, {"qtype", Type::u16}, {"size", Type::u32}, {"score", Type::f64}};

TEST(Histogram, countsByPowersOfTwo) {
  TaskHarness task(histogram_operator(), {{"of", {"size"}}, {"by", {"qtype"}}, {"buckets", {"4"}}},
                   packets);
  task.feed({{"1s", "28", "0", "0"},
             {"1s", "28", "1", "0"},
             {"1s", "28", "3", "0"},
             {"1s", "28", "2", "0"},
             {"1s", "28", "15", "0"},
             {"1s", "28", "16", "0"},
             {"1s", "28", "900", "0"},
             {"1s", "1", "4", "0"},
             {"11s", "28", "8", "0"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 10s 1 3 4 8 1", "0s 10s 28 0 0 1 1", "0s 10s 28 1 1 2 1",
                                       "0s 10s 28 2 2 4 2", "0s 10s 28 4 8 16 1",
                                       "0s 10s 28 5 16 900 2", "10s 20s 28 4 8 16 1"));
}

TEST(Histogram, countsByOneWidthAndByPowersOfTen) {
  TaskHarness linear(histogram_operator(),
                     {{"of", {"score"}},
                      {"scale", {"linear"}},
                      {"from", {"-1"}},
                      {"width", {"0.5"}},
                      {"buckets", {"4"}}},
                     packets);
  linear.feed({{"1s", "1", "0", "-1.25"},
               {"1s", "1", "0", "-1"},
               {"1s", "1", "0", "-0.5"},
               {"1s", "1", "0", "0.75"},
               {"1s", "1", "0", "1"},
               {"1s", "1", "0", "nan"},
               {"1s", "1", "0", "-inf"}});
  linear.finish();
  EXPECT_THAT(linear.take(),
              ElementsAre("0s 10s 0 -1.25 -1 1", "0s 10s 1 -1 -0.5 1", "0s 10s 2 -0.5 0 1",
                          "0s 10s 4 0.5 1 1", "0s 10s 5 1 1 1"));
  EXPECT_EQ(linear.counter("not_numbers"), 2U);

  TaskHarness tens(histogram_operator(), {{"of", {"size"}}, {"scale", {"log10"}}}, packets);
  tens.feed({{"1s", "1", "999", "0"}, {"1s", "1", "1000", "0"}});
  tens.finish();
  EXPECT_THAT(tens.take(), ElementsAre("0s 10s 3 100 1000 1", "0s 10s 4 1000 10000 1"));
}

std::vector<RescaleStep> traffic() {
  std::mt19937_64 dice(29);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < 9; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int i = 0; i < 60; ++i)
      now.rows.push_back({std::to_string(static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s),
                          std::to_string(dice() % 9), std::to_string(3000 / (1 + dice() % 500)),
                          "0"});
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

const std::vector<TextOptions> shapes = {
    {{"of", {"size"}}, {"by", {"qtype"}}, {"window", {"5s"}}},
    {{"of", {"size"}}, {"by", {"qtype"}}, {"window", {"6s"}}, {"slide", {"2s"}}},
    {{"of", {"size"}}, {"by", {"qtype"}}, {"session", {"1s"}}}};

TEST(Histogram, isThatOfAnyNumberOfTasks) {
  for (const TextOptions& options : shapes)
    check_rescales(histogram_operator(), options, packets, {"qtype"}, traffic());
}

TEST(Histogram, goesOnFromACheckpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic()) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  for (const TextOptions& options : shapes)
    testing::check_resumes(
        [&] { return std::make_unique<TaskHarness>(histogram_operator(), options, packets); },
        steps);
}

TEST(Histogram, ofPartsIsThatOfTheWhole) {
  const TextOptions options = {{"of", {"size"}}, {"by", {"qtype"}}};
  TextOptions partial = options;
  partial["partial"] = {"true"};
  TaskHarness whole(histogram_operator(), options, packets);
  TaskHarness a(histogram_operator(), partial, packets);
  TaskHarness b(histogram_operator(), partial, packets);
  const auto& parts = a.declaration.outputs[0].fields;
  TaskHarness merged(histogram_operator(), {{"by", {"qtype"}}, {"merge", {"true"}}}, parts);
  TaskHarness other(histogram_operator(), {{"by", {"qtype"}}, {"merge", {"true"}}, {"from", {"3"}}},
                    parts);
  std::size_t dealt = 0;
  for (const RescaleStep& step : traffic())
    for (const auto& row : step.rows) {
      whole.feed({row});
      (dealt++ % 3 == 0 ? a : b).feed({row});
    }
  for (TaskHarness* task : {&whole, &a, &b}) task->finish();
  for (TaskHarness* part : {&a, &b})
    for (auto& [batch, selection] : part->take_batches()) {
      merged.send(batch, selection);
      other.send(batch, selection);
    }
  merged.finish();
  other.finish();
  EXPECT_EQ(merged.take(), whole.take());
  EXPECT_TRUE(other.take().empty()) << "counts of other buckets";
  EXPECT_GT(other.counter("damaged_parts"), 0U);
}

TEST(Histogram, refusesNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(histogram_operator(), options, {packets});
  };
  EXPECT_THAT(error({}), HasSubstr("option 'of' names no field"));
  EXPECT_THAT(error({{"of", {"time"}}}), HasSubstr("is of type time"));
  EXPECT_THAT(error({{"of", {"size"}}, {"scale", {"linear"}}}), HasSubstr("must be given"));
  EXPECT_THAT(error({{"of", {"size"}}, {"width", {"3"}}}), HasSubstr("has no meaning unless"));
  EXPECT_THAT(error({{"of", {"size"}}, {"from", {"-3"}}}), HasSubstr("must be above 0"));
  EXPECT_THAT(error({{"of", {"size"}}, {"scale", {"log10"}}, {"buckets", {"400"}}}),
              HasSubstr("take fewer buckets"));
}

}  // namespace
}  // namespace dnstorm::operators
