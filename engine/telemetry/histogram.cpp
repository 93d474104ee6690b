#include "engine/telemetry/histogram.hpp"

#include <cmath>

namespace dnstorm {

std::uint64_t HistogramSnapshot::quantile(double q) const {
  if (count_ == 0) return 0;
  double rank = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  // A double cannot hold every count; the last rank is asked for by name.
  if (rank >= static_cast<double>(count_)) return max_;
  auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rank));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return std::clamp(HistogramBuckets::middle(i), min_, max_);
  }
  return max_;
}

void HistogramSnapshot::merge(const HistogramSnapshot& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

HistogramSnapshot Histogram::snapshot() const {
  HistogramSnapshot seen;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen.buckets_[i] = get(buckets_[i]);
    seen.count_ += seen.buckets_[i];
    if (seen.buckets_[i] == 0) continue;
    // The extremes may lag behind the buckets while the writer is between the two stores.
    seen.min_ = std::min(seen.min_, HistogramBuckets::lowest(i));
    seen.max_ = HistogramBuckets::lowest(i);
  }
  seen.sum_ = get(sum_);
  if (seen.count_ == 0) return seen;
  seen.min_ = std::max(seen.min_, std::min(get(min_), seen.max_));
  seen.max_ = std::max(seen.max_, get(max_));
  return seen;
}

}  // namespace dnstorm
