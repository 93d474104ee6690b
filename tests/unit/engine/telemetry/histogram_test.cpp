#include "engine/telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>
#include <vector>

namespace dnstorm {
namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();

TEST(HistogramBuckets, FollowOneAnotherWithoutAGap) {
  for (std::size_t i = 0; i < HistogramBuckets::count; ++i) {
    std::uint64_t lowest = HistogramBuckets::lowest(i);
    ASSERT_EQ(HistogramBuckets::of(lowest), i);
    ASSERT_EQ(HistogramBuckets::of(HistogramBuckets::middle(i)), i);
    // Below the first bucket there is nothing.
    ASSERT_EQ(HistogramBuckets::of(lowest - (i != 0)), i == 0 ? 0 : i - 1);
  }
  EXPECT_EQ(HistogramBuckets::of(largest), HistogramBuckets::count - 1);
}

TEST(HistogramBuckets, AreAtMostASixtyFourthOff) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 100'000; ++i) {
    std::uint64_t value = random() >> (i % 64);
    std::uint64_t stands_for = HistogramBuckets::middle(HistogramBuckets::of(value));
    std::uint64_t off = stands_for > value ? stands_for - value : value - stands_for;
    ASSERT_LE(off, value / 64 + (value % 64 != 0)) << value;
  }
}

TEST(Histogram, IsEmptyAtFirst) {
  HistogramSnapshot seen = Histogram().snapshot();
  EXPECT_EQ(seen.count(), 0u);
  EXPECT_EQ(seen.min(), 0u);
  EXPECT_EQ(seen.max(), 0u);
  EXPECT_EQ(seen.quantile(0.5), 0u);
}

TEST(Histogram, AnswersSmallNumbersExactly) {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 50; ++i) histogram.record(i);
  HistogramSnapshot seen = histogram.snapshot();
  EXPECT_EQ(seen.quantile(0), 1u);
  EXPECT_EQ(seen.quantile(0.5), 25u);
  EXPECT_EQ(seen.quantile(0.9), 45u);
  EXPECT_EQ(seen.quantile(0.91), 46u);
  EXPECT_EQ(seen.quantile(1), 50u);
  EXPECT_EQ(seen.sum(), 1275u);
}

TEST(Histogram, ExtremesAreExactAndBoundWhatIsAnswered) {
  Histogram histogram;
  histogram.record(1'000'003);
  HistogramSnapshot one = histogram.snapshot();
  EXPECT_EQ(one.quantile(0.5), 1'000'003u);
  histogram.record(0);
  histogram.record(largest);
  HistogramSnapshot three = histogram.snapshot();
  EXPECT_EQ(three.min(), 0u);
  EXPECT_EQ(three.max(), largest);
  EXPECT_EQ(three.quantile(1), largest);
}

TEST(Histogram, QuantilesAreNearThoseOfTheSortedNumbers) {
  Histogram histogram;
  std::vector<std::uint64_t> values;
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> shape(11, 2);
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(shape(random)));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  HistogramSnapshot seen = histogram.snapshot();
  for (double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
    auto exact = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(seen.quantile(q)), exact, exact / 64 + 1) << q;
  }
}

TEST(Histogram, TakesSeveralEqualNumbersAtOnce) {
  Histogram histogram;
  histogram.record(10, 3);
  histogram.record(20, 0);
  EXPECT_EQ(histogram.snapshot().count(), 3u);
  EXPECT_EQ(histogram.snapshot().max(), 10u);
  EXPECT_EQ(histogram.snapshot().sum(), 30u);
}

TEST(Histogram, MergedIsAsIfOneHadRecordedAll) {
  Histogram left, right, both;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? left : right).record(i * i);
    both.record(i * i);
  }
  HistogramSnapshot merged = left.snapshot();
  merged.merge(right.snapshot());
  merged.merge(HistogramSnapshot());
  HistogramSnapshot whole = both.snapshot();
  EXPECT_EQ(merged.count(), whole.count());
  EXPECT_EQ(merged.sum(), whole.sum());
  EXPECT_EQ(merged.min(), whole.min());
  EXPECT_EQ(merged.max(), whole.max());
  for (double q : {0.0, 0.25, 0.5, 0.99, 1.0}) EXPECT_EQ(merged.quantile(q), whole.quantile(q));
}

TEST(Histogram, MayBeReadWhileItsTaskRecords) {
  Histogram histogram;
  std::thread task([&] {
    for (std::uint64_t i = 0; i < 100'000; ++i) histogram.record(1000 + i % 1000);
  });
  std::uint64_t last = 0;
  for (int i = 0; i < 200; ++i) {
    HistogramSnapshot seen = histogram.snapshot();
    ASSERT_GE(seen.count(), last);
    last = seen.count();
    if (last == 0) continue;
    ASSERT_LE(seen.min(), seen.quantile(0.5));
    ASSERT_LE(seen.quantile(0.5), seen.max());
    ASSERT_LE(seen.max(), 1999u);
  }
  task.join();
  EXPECT_EQ(histogram.snapshot().count(), 100'000u);
}

}  // namespace
}  // namespace dnstorm
