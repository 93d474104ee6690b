#include "cluster/control/tap_merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dnstorm::cluster {
namespace {

using ::testing::HasSubstr;

constexpr const char* head = "{\"tap\":{}}\n";
constexpr TimeNs soon = 100 * ns_per_ms;

std::string rows(const std::string& node, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "{\"at\":\"now\",\"node\":\"" + node + "\",\"row\":{}}\n";
  return text;
}
std::string counts(int seen, int matched) {
  return "{\"counts\":{\"seen\":" + std::to_string(seen) +
         ",\"matched\":" + std::to_string(matched) + ",\"shown\":1,\"not_shown\":7}}\n";
}
std::size_t rows_in(const std::string& text) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find("{\"at\"", at)) != std::string::npos; ++at) ++found;
  return found;
}

TEST(TapMerge, GivesItsHeadAndTheRowsOfAll) {
  TapMerge tap(head, 100, 0);
  EXPECT_EQ(tap.take_lines(0), head);
  tap.take("a", head + rows("a", 2), soon);
  tap.take("b", head + rows("b", 1), soon);
  EXPECT_EQ(tap.take_lines(soon), rows("a", 2) + rows("b", 1));
  EXPECT_EQ(tap.take_lines(soon), "");
}

TEST(TapMerge, ShowsNoMoreThanItsRateAndSaysHowManyItDidNot) {
  TapMerge tap("", 10, 0);
  std::size_t shown = 0;
  for (TimeNs now = 0; now < ns_per_s; now += soon) {
    for (const char* node : {"a", "b", "c"}) tap.take(node, rows(node, 10), now);
    shown += rows_in(tap.take_lines(now));
  }
  EXPECT_EQ(shown, 10u);
  for (const char* node : {"a", "b", "c"}) tap.take(node, counts(200, 100), ns_per_s);
  EXPECT_EQ(tap.take_lines(ns_per_s),
            "{\"counts\":{\"seen\":600,\"matched\":300,\"shown\":10,\"not_shown\":290}}\n");
}

TEST(TapMerge, KeepsOnlySoMuchForASlowReader) {
  TapMerge tap("", 10, 0);
  for (TimeNs now = 0; now < 60 * ns_per_s; now += soon) tap.take("a", rows("a", 1), now);
  EXPECT_EQ(rows_in(tap.take_lines(60 * ns_per_s)), 20u);
}

TEST(TapMerge, AddsWhatAWorkerThatBeginsAnewHadCounted) {
  TapMerge tap("", 10, 0);
  tap.take("a", head + counts(10, 5), soon);
  tap.take("a", counts(20, 10), soon);
  tap.take("a", head + counts(30, 1), soon);
  EXPECT_THAT(tap.take_lines(ns_per_s), HasSubstr("\"seen\":50,\"matched\":11,"));
}

TEST(TapMerge, SaysOftenWhatChangesAndSeldomThatNothingDoes) {
  TapMerge tap("", 10, 0);
  tap.take("a", counts(1, 1), 0);
  EXPECT_EQ(tap.take_lines(ns_per_s - 1), "");
  EXPECT_THAT(tap.take_lines(ns_per_s), HasSubstr("counts"));
  EXPECT_EQ(tap.take_lines(3 * ns_per_s), "");
  EXPECT_THAT(tap.take_lines(11 * ns_per_s), HasSubstr("counts"));
}

TEST(TapMerge, EndsWithItsReason) {
  TapMerge tap("", 10, 0);
  tap.take("a", rows("a", 1) + counts(4, 3), soon);
  tap.end("the topology is gone");
  tap.end("something else");
  tap.take("a", rows("a", 1), soon);
  EXPECT_FALSE(tap.ended());
  EXPECT_EQ(tap.take_lines(soon),
            rows("a", 1) +
                "{\"end\":true,\"reason\":\"the topology is gone\",\"counts\":{\"seen\":4,"
                "\"matched\":3,\"shown\":1,\"not_shown\":2}}\n");
  EXPECT_TRUE(tap.ended());
  EXPECT_EQ(tap.take_lines(20 * ns_per_s), "");
}

TEST(TapMerge, PassesOverWhatIsNoLineOfATap) {
  TapMerge tap("", 10, 0);
  tap.take("a", "nonsense\n[1]\n{\"counts\":7}\n{\"counts\":{\"seen\":-1}}\n{\"at\":cut off", soon);
  EXPECT_EQ(tap.take_lines(soon), "");
  tap.end("over");
  EXPECT_THAT(tap.take_lines(soon), HasSubstr("\"seen\":0,"));
}

}  // namespace
}  // namespace dnstorm::cluster
