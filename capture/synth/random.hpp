// Randomness that is the same on every machine: xoshiro256** 1.0 (Blackman and Vigna, 2018, public
// domain) seeded by SplitMix64, and distributions of our own, because those of the standard library
// differ from one library to the next. log_of() and exp_of() use + - * / only, which IEEE 754 fixes
// to the bit; the C library's log() it does not. Values, not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dnstorm::capture::synth {

// SplitMix64's output function: a good hash of one number.
std::uint64_t mix(std::uint64_t value);

// Natural logarithm for x > 0 and exponential for |x| < 700, to about 1e-15.
double log_of(double x);
double exp_of(double x);

class Random {
 public:
  explicit Random(std::uint64_t seed);

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }
  // 0 .. n-1; the bias of the multiplication is below n / 2^32.
  std::uint32_t below(std::uint32_t n) {
    return static_cast<std::uint32_t>(((next() >> 32U) * n) >> 32U);
  }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + below(high - low + 1);
  }
  // 0 <= x < 1 in steps of 2^-53.
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  bool chance(double share) { return unit() < share; }
  // Exponential with mean 1.
  double exponential() { return -log_of(1.0 - unit()); }
  void fill(std::span<std::uint8_t> bytes);

 private:
  static std::uint64_t rotate(std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); }
  std::uint64_t state_[4];
};

// Picks index i with probability weights[i] / sum in constant time (Walker's alias method as in
// Vose, 1991). At least one weight, none negative, one positive.
class WeightedChoice {
 public:
  explicit WeightedChoice(std::span<const double> weights);
  std::size_t pick(Random& random) const {
    std::uint64_t bits = random.next();
    auto i = static_cast<std::size_t>(((bits >> 32U) * slots_.size()) >> 32U);
    return static_cast<std::uint32_t>(bits) < slots_[i].keep ? i : slots_[i].other;
  }

 private:
  struct Slot {
    std::uint32_t keep;  // of 2^32
    std::uint32_t other;
  };
  std::vector<Slot> slots_;
};

// Ranks 0 .. count-1 with probability proportional to (rank+1)^-exponent.
WeightedChoice zipf(std::size_t count, double exponent);

// A point of a distribution function: `share` of the values are at most `value`.
struct Quantile {
  double share;
  double value;
};
// Draws from the distribution through these points (first share 0, last 1), straight in between.
double draw(std::span<const Quantile> points, Random& random);

}  // namespace dnstorm::capture::synth
