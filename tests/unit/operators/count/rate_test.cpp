#include "operators/count/rate.hpp"

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
    {"time", Type::time}, {"qtype", Type::u16}, {"size", Type::u32}};

TEST(Rate, isTheCountByTheSecondsOfTheWindow) {
  TaskHarness task(rate_operator(), {{"by", {"qtype"}}, {"window", {"4s"}}}, packets);
  task.feed({{"1s", "1", "9"}, {"2s", "1", "9"}, {"3s", "28", "9"}, {"5s", "1", "9"}});
  task.watermark(4 * ns_per_s);
  task.feed({{"1s", "1", "9"}});
  task.finish();
  EXPECT_THAT(task.take(), ElementsAre("0s 4s 1 2 0.5", "0s 4s 28 1 0.25", "4s 8s 1 1 0.25"));
  EXPECT_EQ(task.counter("late_rows"), 1U);
}

TEST(Rate, ofCountsAndOfWindowsThatSlide) {
  TaskHarness counts(rate_operator(), {{"weight", {"size"}}, {"window", {"2s"}}, {"slide", {"1s"}}},
                     packets);
  counts.feed({{"0s", "1", "30"}, {"1s", "1", "5"}});
  counts.finish();
  EXPECT_THAT(counts.take(), ElementsAre("-1s 1s 30 15", "0s 2s 35 17.5", "1s 3s 5 2.5"));

  TaskHarness sessions(rate_operator(), {{"by", {"qtype"}}, {"session", {"3s"}}}, packets);
  sessions.feed({{"1s", "1", "0"}, {"2s", "1", "0"}});
  sessions.finish();
  EXPECT_THAT(sessions.take(), ElementsAre("1s 5s 1 2 0.5"));
}

std::vector<RescaleStep> traffic() {
  std::mt19937_64 dice(31);
  std::vector<RescaleStep> all;
  for (std::size_t step = 0; step < 9; ++step) {
    RescaleStep& now = all.emplace_back();
    for (int i = 0; i < 40; ++i)
      now.rows.push_back({std::to_string(static_cast<TimeNs>(step * 2 + dice() % 6) * ns_per_s),
                          std::to_string(dice() % 9), std::to_string(dice() % 500)});
    now.watermark = static_cast<TimeNs>(step * 2) * ns_per_s;
  }
  return all;
}

const TextOptions by_type = {
    {"weight", {"size"}}, {"by", {"qtype"}}, {"window", {"6s"}}, {"slide", {"2s"}}};

TEST(Rate, isThatOfAnyNumberOfTasks) {
  check_rescales(rate_operator(), by_type, packets, {"qtype"}, traffic());
}

TEST(Rate, goesOnFromACheckpoint) {
  std::vector<testing::Step> steps;
  for (const RescaleStep& step : traffic()) {
    steps.push_back(testing::rows(step.rows));
    steps.push_back(testing::until(step.watermark));
  }
  testing::check_resumes(
      [&] { return std::make_unique<TaskHarness>(rate_operator(), by_type, packets); }, steps);
}

TEST(Rate, ofPartsIsThatOfTheWhole) {
  TextOptions partial = by_type;
  partial["partial"] = {"true"};
  TaskHarness whole(rate_operator(), by_type, packets);
  TaskHarness a(rate_operator(), partial, packets);
  TaskHarness b(rate_operator(), partial, packets);
  TaskHarness merged(rate_operator(), {{"by", {"qtype"}}, {"merge", {"true"}}},
                     a.declaration.outputs[0].fields);
  std::size_t dealt = 0;
  for (const RescaleStep& step : traffic())
    for (const auto& row : step.rows) {
      whole.feed({row});
      (dealt++ % 3 == 0 ? a : b).feed({row});
    }
  for (TaskHarness* task : {&whole, &a, &b}) task->finish();
  for (TaskHarness* part : {&a, &b})
    for (auto& [batch, selection] : part->take_batches()) merged.send(batch, selection);
  merged.finish();
  EXPECT_EQ(merged.take(), whole.take());
}

TEST(Rate, refusesNonsense) {
  auto error = [](const TextOptions& options) {
    return declare_error(rate_operator(), options, {packets});
  };
  EXPECT_THAT(error({{"window", {"0s"}}}), HasSubstr("has no length to divide by"));
  EXPECT_THAT(error({{"weight", {"time"}}}), HasSubstr("is of type time"));
  EXPECT_THAT(error({{"by", {"nobody"}}}), HasSubstr("no field 'nobody'"));
}

}  // namespace
}  // namespace dnstorm::operators
