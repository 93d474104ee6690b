#include "operators/count/exact_sum.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace dnstorm::operators {

namespace {

__extension__ using Wide = unsigned __int128;

constexpr int limb_bits = 32;
constexpr std::int64_t limb_mask = 0xffffffff;
constexpr int lowest_exponent = 1074;  // the least double is 2^-1074
constexpr int mantissa_bits = 52;
// A double begins in one of 64 limbs and has three; 2^64 of them need three more.
constexpr std::int32_t limbs_max = 70;
// Each number changes a limb by less than 2^32.
constexpr std::uint32_t carry_every = 1U << 30;

bool fits_highest(std::int64_t limb) {
  return limb >= std::numeric_limits<std::int32_t>::min() &&
         limb <= std::numeric_limits<std::int32_t>::max();
}

}  // namespace

void ExactSum::add(double value) {
  auto bits = std::bit_cast<std::uint64_t>(value);
  auto exponent = static_cast<std::int32_t>(bits >> mantissa_bits & 0x7ff);
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << mantissa_bits) - 1);
  if (exponent != 0) mantissa |= std::uint64_t{1} << mantissa_bits;
  if (mantissa == 0) return;
  std::int32_t shift = std::max(exponent - 1, 0);
  std::int32_t limb = shift / limb_bits;
  reach(limb, limb + 3);
  Wide digits = Wide{mantissa} << (shift % limb_bits);
  std::int64_t sign = value < 0 ? -1 : 1;
  std::int64_t* at = limbs_.data() + (limb - first_);
  for (int i = 0; i < 3; ++i)
    at[i] += sign * (static_cast<std::int64_t>(digits >> (i * limb_bits)) & limb_mask);
  if (++since_carry_ == carry_every) carry();
}

void ExactSum::merge(const ExactSum& other) {
  ExactSum part = other;
  part.carry();
  if (part.limbs_.empty()) return;
  auto size = static_cast<std::int32_t>(part.limbs_.size());
  reach(part.first_, part.first_ + size);
  for (std::int32_t i = 0; i < size; ++i)
    limbs_[static_cast<std::size_t>(part.first_ + i - first_)] +=
        part.limbs_[static_cast<std::size_t>(i)];
  if (++since_carry_ == carry_every) carry();
}

void ExactSum::clear() {
  limbs_.clear();
  since_carry_ = 0;
}

// Makes limbs [first, last) be there.
void ExactSum::reach(std::int32_t first, std::int32_t last) {
  if (limbs_.empty()) first_ = first;
  if (first < first_) {
    limbs_.insert(limbs_.begin(), static_cast<std::size_t>(first_ - first), 0);
    first_ = first;
  }
  auto size = static_cast<std::size_t>(last - first_);
  if (size > limbs_.size()) limbs_.resize(size);
}

void ExactSum::carry() {
  since_carry_ = 0;
  std::int64_t over = 0;
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    limbs_[i] += over;
    bool highest = i + 1 == limbs_.size();
    if (highest && fits_highest(limbs_[i])) break;
    over = limbs_[i] >> limb_bits;
    limbs_[i] &= limb_mask;
    if (highest) {
      limbs_.push_back(over);
      break;
    }
  }
  trim();
}

void ExactSum::trim() {
  while (limbs_.size() > 1) {
    std::int64_t highest = limbs_.back();
    std::int64_t next = limbs_[limbs_.size() - 2];
    bool next_is_high = next > std::numeric_limits<std::int32_t>::max();
    if (highest != (next_is_high ? -1 : 0)) break;
    limbs_.pop_back();
    if (next_is_high) limbs_.back() -= limb_mask + 1;
  }
  auto used = std::find_if(limbs_.begin(), limbs_.end(), [](auto limb) { return limb != 0; });
  first_ += static_cast<std::int32_t>(used - limbs_.begin());
  limbs_.erase(limbs_.begin(), used);
}

double ExactSum::value() const {
  ExactSum sum = *this;
  sum.carry();
  if (sum.limbs_.empty()) return 0;
  bool negative = sum.limbs_.back() < 0;
  if (negative) {
    for (std::int64_t& limb : sum.limbs_) limb = -limb;
    sum.carry();
  }
  // The three highest limbs have 64 bits at least, of which the highest 53 are the result; what
  // lies below them only decides a tie.
  auto highest = static_cast<std::ptrdiff_t>(sum.limbs_.size()) - 1;
  Wide digits = 0;
  for (std::ptrdiff_t i = highest; i > highest - 3; --i)
    digits = digits << limb_bits |
             static_cast<std::uint64_t>(i < 0 ? 0 : sum.limbs_[static_cast<std::size_t>(i)]);
  bool more = highest > 2;  // the lowest limb is not 0
  int width = 128 - std::countl_zero(static_cast<std::uint64_t>(digits >> 64));
  int dropped = width - (mantissa_bits + 1);
  auto mantissa = static_cast<std::uint64_t>(digits >> dropped);
  Wide rest = digits - (Wide{mantissa} << dropped);
  Wide half = Wide{1} << (dropped - 1);
  if (rest > half || (rest == half && (more || (mantissa & 1) != 0))) ++mantissa;
  int exponent =
      dropped + limb_bits * (sum.first_ + static_cast<int>(highest) - 2) - lowest_exponent;
  double magnitude = std::ldexp(static_cast<double>(mantissa), exponent);
  return negative ? -magnitude : magnitude;
}

void ExactSum::save(StateWriter& out) const {
  ExactSum sum = *this;
  sum.carry();
  out.put(sum.limbs_.empty() ? 0 : sum.first_);
  out.put(std::uint64_t{sum.limbs_.size()});
  for (std::int64_t limb : sum.limbs_) out.put(static_cast<std::uint32_t>(limb));
}

bool ExactSum::restore(StateReader& in) {
  first_ = in.get<std::int32_t>();
  for (std::uint64_t left = in.get_count(sizeof(std::uint32_t)); left != 0; --left) {
    auto limb = in.get<std::uint32_t>();
    limbs_.push_back(left == 1 ? static_cast<std::int32_t>(limb) : std::int64_t{limb});
  }
  auto size = static_cast<std::int64_t>(limbs_.size());
  if (!in.ok() || first_ < 0 || first_ + size > limbs_max) return false;
  trim();
  return true;
}

}  // namespace dnstorm::operators
