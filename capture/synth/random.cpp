#include "capture/synth/random.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth {

namespace {

constexpr double ln2 = 0.693147180559945309417;

std::uint64_t mix_after(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

}  // namespace

std::uint64_t mix(std::uint64_t value) { return mix_after(value + 0x9e3779b97f4a7c15U); }

double log_of(double x) {
  DNSTORM_ASSERT(x > 0, "logarithm of what is not positive", x);
  auto bits = std::bit_cast<std::uint64_t>(x);
  int exponent = static_cast<int>((bits >> 52U) & 0x7ffU) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0xfffffffffffffU) | 0x3ff0000000000000U);
  if (mantissa > 1.41421356) {
    mantissa /= 2;
    ++exponent;
  }
  double z = (mantissa - 1) / (mantissa + 1);  // |z| < 0.172
  double square = z * z;
  double sum = 0;
  for (int k = 21; k >= 1; k -= 2) sum = sum * square + 1.0 / k;
  return 2 * z * sum + exponent * ln2;
}

double exp_of(double x) {
  DNSTORM_ASSERT(x > -700 && x < 700, "exponential out of range", x);
  int k = static_cast<int>(x / ln2 + (x < 0 ? -0.5 : 0.5));
  double r = x - k * ln2;  // |r| < 0.35
  double sum = 1;
  for (int n = 14; n >= 1; --n) sum = 1 + r * sum / n;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52U);
}

Random::Random(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15U;
    word = mix_after(seed);
  }
}

void Random::fill(std::span<std::uint8_t> bytes) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i % 8 == 0) bits = next();
    bytes[i] = static_cast<std::uint8_t>(bits >> (8 * (i % 8)));
  }
}

WeightedChoice::WeightedChoice(std::span<const double> weights) : slots_(weights.size()) {
  double sum = 0;
  for (double weight : weights) sum += weight;
  DNSTORM_ASSERT(sum > 0, "weights without a sum", weights.size());
  std::vector<double> scaled(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < scaled.size(); ++i) {
    scaled[i] = weights[i] * static_cast<double>(weights.size()) / sum;
    (scaled[i] < 1 ? small : large).push_back(i);
    slots_[i] = {0xffffffffU, i};
  }
  while (!small.empty() && !large.empty()) {
    std::uint32_t poor = small.back();
    std::uint32_t rich = large.back();
    small.pop_back();
    slots_[poor] = {static_cast<std::uint32_t>(scaled[poor] * 4294967295.0), rich};
    scaled[rich] -= 1 - scaled[poor];
    if (scaled[rich] >= 1) continue;
    large.pop_back();
    small.push_back(rich);
  }
}

WeightedChoice zipf(std::size_t count, double exponent) {
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < count; ++i)
    weights[i] = exp_of(-exponent * log_of(static_cast<double>(i + 1)));
  return WeightedChoice(weights);
}

double draw(std::span<const Quantile> points, Random& random) {
  double u = random.unit();
  auto above = std::upper_bound(points.begin() + 1, points.end() - 1, u,
                                [](double share, const Quantile& q) { return share < q.share; });
  const Quantile& high = *above;
  const Quantile& low = *(above - 1);
  return low.value + (high.value - low.value) * (u - low.share) / (high.share - low.share);
}

}  // namespace dnstorm::capture::synth
