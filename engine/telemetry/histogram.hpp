// How long things take: a histogram of 64-bit numbers (nanoseconds, as a rule) whose quantiles are
// at most 1/64 (1.6 %) off, in 15 KiB, whatever comes. Buckets are linear within an octave, 32 to
// each, as in HdrHistogram (Gil Tene); below 64 every number has its own.
//
//   Histogram latency;                      // one writer
//   latency.record(now - then);
//   auto seen = latency.snapshot();         // any thread
//   seen.merge(other.snapshot());
//   fmt::print("{}", seen.quantile(0.99));
//
// Written by one thread only and read by any, as Counter: relaxed loads and stores, no locked
// instruction. Knows no clock.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace dnstorm {

// Which bucket a number is in, and which numbers are in a bucket.
struct HistogramBuckets {
  static constexpr unsigned sub_bits = 5;  // 32 buckets an octave
  static constexpr std::size_t sub_count = std::size_t{1} << sub_bits;
  // 0..63 one by one, then the 58 octaves up to 2^64.
  static constexpr std::size_t count = (64 - sub_bits + 1) * sub_count;

  static constexpr std::size_t of(std::uint64_t value) {
    if (value < 2 * sub_count) return value;
    auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return shift * sub_count + (value >> shift);
  }
  static constexpr std::uint64_t lowest(std::size_t bucket) {
    if (bucket < 2 * sub_count) return bucket;
    return (bucket % sub_count + sub_count) << (bucket / sub_count - 1);
  }
  // At most half a bucket, 1/64, from all that are in it.
  static constexpr std::uint64_t middle(std::size_t bucket) {
    if (bucket < 2 * sub_count) return bucket;
    return lowest(bucket) + (std::uint64_t{1} << (bucket / sub_count - 1)) / 2;
  }
};

// What a histogram held at one moment: a value, to be merged and asked.
class HistogramSnapshot {
 public:
  std::uint64_t count() const { return count_; }
  std::uint64_t sum() const { return sum_; }  // wraps beyond 2^64
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }
  // The number of rank ceil(q * count()), q within 0..1; 1 gives max() exactly. 0 if there is none.
  std::uint64_t quantile(double q) const;
  // As if all that `other` holds had been recorded here, too.
  void merge(const HistogramSnapshot& other);

 private:
  friend class Histogram;

  std::array<std::uint64_t, HistogramBuckets::count> buckets_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t max_ = 0;
};

class Histogram {
 public:
  void record(std::uint64_t value, std::uint64_t times = 1) {
    if (times == 0) return;
    add(buckets_[HistogramBuckets::of(value)], times);
    add(sum_, value * times);
    if (value < get(min_)) min_.store(value, std::memory_order_relaxed);
    if (value > get(max_)) max_.store(value, std::memory_order_relaxed);
  }
  // Consistent in itself: the count is that of the buckets as they were read. What is recorded
  // meanwhile is in it or is not.
  HistogramSnapshot snapshot() const;

 private:
  using Cell = std::atomic<std::uint64_t>;
  static std::uint64_t get(const Cell& cell) { return cell.load(std::memory_order_relaxed); }
  static void add(Cell& cell, std::uint64_t n) {
    cell.store(get(cell) + n, std::memory_order_relaxed);
  }

  std::array<Cell, HistogramBuckets::count> buckets_{};
  Cell sum_{0};
  Cell min_{std::numeric_limits<std::uint64_t>::max()};
  Cell max_{0};
};

static_assert(sizeof(Histogram) < 16 * 1024);

}  // namespace dnstorm
