#include "operators/count/hyperloglog.hpp"

#include <limits>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

// Ertl 2017, algorithm 6: the share of registers that are still zero.
double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double before = -1; z != before;) {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  }
  return z;
}

// Ertl 2017, algorithm 6: the share of registers that are full.
double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double before = -1; z != before;) {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

HyperLogLog::HyperLogLog(std::uint8_t precision)
    : precision_(precision),
      mask_((std::uint64_t{1} << precision) - 1),
      registers_(std::size_t{1} << precision) {
  DNSTORM_ASSERT(precision >= precision_min && precision <= precision_max,
                 "HyperLogLog with an impossible precision", precision);
}

void HyperLogLog::merge(const HyperLogLog& other) {
  DNSTORM_ASSERT(other.precision_ == precision_, "sketches of different precision are merged");
  for (std::size_t i = 0; i < registers_.size(); ++i)
    registers_[i] = std::max(registers_[i], other.registers_[i]);
}

bool HyperLogLog::set_registers(std::string_view registers) {
  auto possible = [this](char c) { return static_cast<std::uint8_t>(c) <= rank_max(precision_); };
  if (registers.size() != registers_.size() ||
      !std::all_of(registers.begin(), registers.end(), possible))
    return false;
  std::copy(registers.begin(), registers.end(), registers_.begin());
  return true;
}

double HyperLogLog::estimate() const {
  Ranks ranks{};
  for (std::uint8_t value : registers_) ++ranks[value];
  return estimate_of(ranks, precision_);
}

double HyperLogLog::estimate_of(const Ranks& ranks, std::uint8_t precision) {
  std::size_t most = rank_max(precision);
  auto m = static_cast<double>(std::uint64_t{1} << precision);
  double z = m * tau(1 - ranks[most] / m);
  // Most sketches have no high ranks, and half of nothing is nothing.
  std::size_t k = most - 1;
  while (z == 0 && k >= 1 && ranks[k] == 0) --k;
  for (; k >= 1; --k) z = 0.5 * (z + ranks[k]);
  z += m * sigma(ranks[0] / m);
  return m * m / (2 * std::log(2.0) * z);
}

}  // namespace dnstorm::operators
