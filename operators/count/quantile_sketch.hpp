// The distribution of numbers, for quantiles with a bound on their relative error: exact while the
// numbers are few, DDSketch beyond (Masson, Rim, Lee: DDSketch, VLDB 2019).
//
// A bucket holds the doubles that have sign, exponent and the first `precision` bits of the
// mantissa in common, so that finding it is a shift, and neither a logarithm nor the machine's
// library has a say in it. The value of a bucket lies at the harmonic middle of its bounds: no
// member is further from it than relative_error(). Buckets are never given up, so the bound holds
// for every quantile, and merging gives the sketch of all numbers together, in any order. Memory:
// 2^precision counters for each doubling between the least and the greatest number. Numbers nearer
// to 0 than the least normal double (2.2e-308) are taken for 0.
//
// Not thread-safe.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

// A sum that is exact to twice the digits of a double (Knuth's TwoSum): the order in which parts
// are added shows in none of the digits of the result but by a freak of rounding.
class LongSum {
 public:
  void add(double value) {
    double sum = sum_ + value;
    double part = sum - sum_;
    rest_ += (sum_ - (sum - part)) + (value - part);
    sum_ = sum;
  }
  void merge(const LongSum& other) {
    add(other.sum_);
    rest_ += other.rest_;
  }
  double value() const { return sum_ + rest_; }
  void save(StateWriter& out) const {
    out.put(sum_);
    out.put(rest_);
  }
  void restore(StateReader& in) {
    sum_ = in.get<double>();
    rest_ = in.get<double>();
  }

 private:
  double sum_ = 0;
  double rest_ = 0;
};

// Counters of buckets with consecutive numbers, from the lowest to the highest that was used.
class BucketCounts {
 public:
  void add(std::int32_t bucket, std::uint64_t by = 1) {
    auto at = static_cast<std::uint32_t>(bucket - first_);
    if (at >= counts_.size()) [[unlikely]]
      at = grow_to(bucket);
    counts_[at] += by;
  }
  void merge(const BucketCounts& other) {
    for (std::size_t i = 0; i < other.counts_.size(); ++i)
      if (other.counts_[i] != 0) add(other.number(i), other.counts_[i]);
  }
  void clear() { counts_.clear(); }
  std::size_t size() const { return counts_.size(); }
  std::int32_t number(std::size_t i) const { return first_ + static_cast<std::int32_t>(i); }
  std::uint64_t count(std::size_t i) const { return counts_[i]; }

 private:
  std::uint32_t grow_to(std::int32_t bucket);

  std::int32_t first_ = 0;
  std::vector<std::uint64_t> counts_;
};

class QuantileSketch {
 public:
  static constexpr unsigned precision_max = 9;
  // The least precision whose error is no more than this; 0 < error < 1.
  static unsigned precision_for(double error);

  // Keeps the numbers themselves while they are at most `exact_max`.
  QuantileSketch(unsigned precision, std::uint32_t exact_max)
      : precision_(precision), exact_max_(exact_max) {}

  // `value` is finite.
  void add(double value) {
    ++count_;
    sum_.add(value);
    if (!estimating_) [[unlikely]]
      return keep(value);
    min_ = value < min_ ? value : min_;
    max_ = value > max_ ? value : max_;
    add_to_bucket(value);
  }
  void merge(const QuantileSketch& other);
  void clear();

  std::uint64_t count() const { return count_; }
  double min() const { return min_; }
  double max() const { return max_; }
  double sum() const { return sum_.value(); }
  // The number at this place of all numbers in ascending order; places count from 1 to count().
  double at_rank(std::uint64_t rank) const;
  // The bound of at_rank(); 0 while it is exact.
  double relative_error() const {
    return estimating_ ? 1 / (std::ldexp(1.0, static_cast<int>(precision_) + 1) + 1) : 0;
  }

  void save(StateWriter& out) const;
  // Into an empty sketch. False: the bytes are not those of a sketch of this precision.
  bool restore(StateReader& in);

 private:
  std::int32_t bucket_of(double magnitude) const {
    return static_cast<std::int32_t>(std::bit_cast<std::uint64_t>(magnitude) >> (52 - precision_));
  }
  double value_of(std::int32_t bucket) const;
  void add_to_bucket(double value) {
    constexpr double least = std::numeric_limits<double>::min();
    if (value >= least)
      above_.add(bucket_of(value));
    else if (value <= -least)
      below_.add(bucket_of(-value));
    else
      ++zeros_;
  }
  void keep(double value);
  void start_estimating();
  bool restore_buckets(StateReader& in, BucketCounts& buckets, std::uint64_t& left) const;

  unsigned precision_;
  std::uint32_t exact_max_;
  bool estimating_ = false;
  std::uint64_t count_ = 0;
  double min_ = 0;
  double max_ = 0;
  LongSum sum_;
  mutable std::vector<double> kept_;  // while it is exact; in order when it has been looked at
  std::uint64_t zeros_ = 0;
  BucketCounts above_;  // zero
  BucketCounts below_;  // by magnitude
};

}  // namespace dnstorm::operators
