#include "operators/count/quantile_sketch.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

void save_buckets(const BucketCounts& buckets, StateWriter& out) {
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i)
    if (buckets.count(i) != 0) ++used;
  out.put(used);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets.count(i) == 0) continue;
    out.put(buckets.number(i));
    out.put(buckets.count(i));
  }
}

}  // namespace

std::uint32_t BucketCounts::grow_to(std::int32_t bucket) {
  if (counts_.empty()) {
    first_ = bucket;
    counts_.resize(1);
  } else if (bucket < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - bucket), 0U);
    first_ = bucket;
  } else {
    counts_.resize(static_cast<std::size_t>(bucket - first_) + 1);
  }
  return static_cast<std::uint32_t>(bucket - first_);
}

unsigned QuantileSketch::precision_for(double error) {
  unsigned precision = 0;
  while (precision < precision_max &&
         1 / (std::ldexp(1.0, static_cast<int>(precision) + 1) + 1) > error)
    ++precision;
  return precision;
}

double QuantileSketch::value_of(std::int32_t bucket) const {
  auto bits = static_cast<std::uint64_t>(bucket) << (52 - precision_);
  auto low = std::bit_cast<double>(bits);
  auto high = std::bit_cast<double>(bits + (std::uint64_t{1} << (52 - precision_)));
  // 2 * low * high / (low + high), with factors that neither overflow nor vanish.
  return std::isinf(high) ? low : low * (2 / (1 + low / high));
}

void QuantileSketch::keep(double value) {
  if (count_ == 1 || value < min_) min_ = value;
  if (count_ == 1 || value > max_) max_ = value;
  if (kept_.size() < exact_max_) {
    kept_.push_back(value);
    return;
  }
  start_estimating();
  add_to_bucket(value);
}

void QuantileSketch::start_estimating() {
  estimating_ = true;
  for (double value : kept_) add_to_bucket(value);
  kept_.clear();
}

void QuantileSketch::merge(const QuantileSketch& other) {
  DNSTORM_ASSERT(precision_ == other.precision_, "sketches of two precisions are merged",
                 precision_, other.precision_);
  if (other.count_ == 0) return;
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = count_ == 0 ? other.max_ : std::max(max_, other.max_);
  count_ += other.count_;
  sum_.merge(other.sum_);
  if (!estimating_ && (other.estimating_ || count_ > exact_max_)) start_estimating();
  if (!other.estimating_) {
    for (double value : other.kept_) estimating_ ? add_to_bucket(value) : kept_.push_back(value);
    return;
  }
  zeros_ += other.zeros_;
  above_.merge(other.above_);
  below_.merge(other.below_);
}

void QuantileSketch::clear() {
  estimating_ = false;
  count_ = zeros_ = 0;
  sum_ = {};
  kept_.clear();
  above_.clear();
  below_.clear();
}

double QuantileSketch::at_rank(std::uint64_t rank) const {
  DNSTORM_ASSERT(rank >= 1 && rank <= count_, "a place that no number has", rank, count_);
  if (!estimating_) {
    std::sort(kept_.begin(), kept_.end());
    return kept_[rank - 1];
  }
  auto within = [&](double value) { return std::clamp(value, min_, max_); };
  for (std::size_t i = below_.size(); i != 0; --i) {
    if (rank <= below_.count(i - 1)) return within(-value_of(below_.number(i - 1)));
    rank -= below_.count(i - 1);
  }
  if (rank <= zeros_) return 0;
  rank -= zeros_;
  for (std::size_t i = 0; i < above_.size(); ++i) {
    if (rank <= above_.count(i)) return within(value_of(above_.number(i)));
    rank -= above_.count(i);
  }
  return max_;
}

void QuantileSketch::save(StateWriter& out) const {
  out.put(static_cast<std::uint8_t>(precision_));
  out.put(estimating_);
  out.put(min_);
  out.put(max_);
  sum_.save(out);
  if (!estimating_) {
    // In order: equal sketches are equal bytes.
    std::sort(kept_.begin(), kept_.end());
    out.put(std::uint64_t{kept_.size()});
    for (double value : kept_) out.put(value);
    return;
  }
  out.put(count_);
  out.put(zeros_);
  save_buckets(below_, out);
  save_buckets(above_, out);
}

bool QuantileSketch::restore(StateReader& in) {
  if (in.get<std::uint8_t>() != precision_) return false;
  estimating_ = in.get<bool>();
  min_ = in.get<double>();
  max_ = in.get<double>();
  sum_.restore(in);
  if (!std::isfinite(min_) || !std::isfinite(max_) || min_ > max_) return false;
  if (!estimating_) {
    for (std::uint64_t left = in.get_count(sizeof(double)); left != 0; --left) {
      kept_.push_back(in.get<double>());
      if (!(kept_.back() >= min_ && kept_.back() <= max_)) return false;
    }
    count_ = kept_.size();
    if (count_ > exact_max_) start_estimating();
    return in.ok();
  }
  count_ = in.get<std::uint64_t>();
  zeros_ = in.get<std::uint64_t>();
  std::uint64_t left = count_;
  if (count_ == 0 || zeros_ > left) return false;
  left -= zeros_;
  return restore_buckets(in, below_, left) && restore_buckets(in, above_, left) && left == 0 &&
         in.ok();
}

// `left`: how many numbers the buckets to come may hold together.
bool QuantileSketch::restore_buckets(StateReader& in, BucketCounts& buckets,
                                     std::uint64_t& left) const {
  std::int32_t end = 2047 << precision_;  // of the finite numbers
  for (std::uint64_t more = in.get_count(sizeof(std::int32_t) + sizeof count_); more != 0; --more) {
    auto bucket = in.get<std::int32_t>();
    auto count = in.get<std::uint64_t>();
    if (!in.ok() || bucket < 0 || bucket >= end || count == 0 || count > left) return false;
    buckets.add(bucket, count);
    left -= count;
  }
  return true;
}

}  // namespace dnstorm::operators
