#include "operators/detect/baseline.hpp"

#include <gtest/gtest.h>

#include <random>

namespace dnstorm::operators {
namespace {

Baseline usual(double level, double spread, int windows) {
  Baseline baseline;
  std::mt19937_64 dice(7);
  std::normal_distribution<double> numbers(level, spread);
  for (int i = 0; i < windows; ++i) baseline.add(numbers(dice));
  return baseline;
}

TEST(Baseline, knowsLevelAndDeviation) {
  Baseline baseline = usual(1000, 80, 600);
  EXPECT_NEAR(baseline.level(), 1000, 30);
  EXPECT_NEAR(baseline.deviation(), 80, 20);
  EXPECT_NEAR(baseline.score(1800), 10, 3);
}

TEST(Baseline, judgesNothingBeforeItKnowsEnough) {
  Baseline baseline = usual(1000, 80, 6);
  EXPECT_EQ(baseline.score(9000), 0);
  baseline.add(1000);
  EXPECT_GT(baseline.score(9000), 10);
}

TEST(Baseline, anAttackOfTenMinutesDoesNotBecomeNormal) {
  Baseline baseline = usual(1000, 30, 600);
  for (int i = 0; i < 60; ++i) baseline.add_alarming(50000);
  EXPECT_LT(baseline.level(), 1100);
  EXPECT_GT(baseline.score(50000), 100);
}

TEST(Baseline, whatStaysBecomesNormal) {
  Baseline baseline = usual(1000, 30, 600);
  for (int i = 0; i < 6 * 360; ++i) baseline.add(2000);
  EXPECT_NEAR(baseline.level(), 2000, 100);
}

TEST(Baseline, manyWindowsAtOnceAreThoseOneByOne) {
  Baseline one = usual(100, 5, 100), many = one;
  for (int i = 0; i < 30; ++i) one.add(95);
  many.add_many(95, 30);
  EXPECT_NEAR(many.level(), one.level(), 1);
  EXPECT_NEAR(many.deviation(), one.deviation(), 0.5);
}

// Or one attack would make the next of a domain that is quiet else go unseen.
TEST(Baseline, whatIsLongPastIsNotUsual) {
  Baseline baseline;
  for (int i = 0; i < 3; ++i) baseline.add_alarming(1000);
  EXPECT_GT(baseline.deviation(), 10);
  baseline.add_many(0, 1000);
  EXPECT_LT(baseline.level(), 0.01);
  EXPECT_DOUBLE_EQ(baseline.deviation(), 1);
}

}  // namespace
}  // namespace dnstorm::operators
