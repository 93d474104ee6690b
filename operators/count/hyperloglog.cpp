#include "operators/count/hyperloglog.hpp"

#include <array>
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
      rank_max_(static_cast<std::uint8_t>(64 - precision + 1)),
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
  auto possible = [this](char c) { return static_cast<std::uint8_t>(c) <= rank_max_; };
  if (registers.size() != registers_.size() ||
      !std::all_of(registers.begin(), registers.end(), possible))
    return false;
  std::copy(registers.begin(), registers.end(), registers_.begin());
  return true;
}

double HyperLogLog::estimate() const {
  std::array<double, 66> histogram{};
  for (std::uint8_t value : registers_) ++histogram[value];
  double m = static_cast<double>(registers_.size());
  double z = m * tau(1 - histogram[rank_max_] / m);
  for (std::size_t k = rank_max_ - 1U; k >= 1; --k) z = 0.5 * (z + histogram[k]);
  z += m * sigma(histogram[0] / m);
  return m * m / (2 * std::log(2.0) * z);
}

}  // namespace dnstorm::operators
