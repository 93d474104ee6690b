// Statistics that a minority of wrong values does not move.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace dnstorm::operators {

// The q-quantile (0..1) by rank, lower of two; 0 of nothing. Reorders the values.
inline double quantile_of(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  auto rank = static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1) + 1e-9);
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<std::size_t>(rank)];
}

// Of an even number of values: the mean of the two in the middle. Reorders the values.
inline double median_of(std::vector<double>& values) {
  if (values.empty()) return 0;
  auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 != 0) return *middle;
  return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

// Tukey's biweight: the mean of the values, of which those far from it count less and those more
// than 4.685 scales away not at all. As exact as 95 % of the values with a plain mean if they are
// normal; a median is as exact as 64 % of them. `middle`: where to begin, such as their median.
// (A. E. Beaton, J. W. Tukey, Technometrics 16, 1974.)
inline double biweight_of(const std::vector<double>& values, double middle, double scale) {
  constexpr double tuned = 4.685;
  constexpr int rounds = 4;
  if (scale <= 0) return middle;
  for (int round = 0; round < rounds; ++round) {
    double sum = 0, weights = 0;
    for (double value : values) {
      double far = (value - middle) / (tuned * scale);
      if (std::abs(far) >= 1) continue;
      double weight = (1 - far * far) * (1 - far * far);
      sum += weight * (value - middle);
      weights += weight;
    }
    if (weights <= 0) break;
    middle += sum / weights;
  }
  return middle;
}

// The standard deviation that a normal distribution with this median absolute value has.
// `residuals` lie around zero.
inline double spread_of(std::vector<double> residuals) {
  for (double& residual : residuals) residual = std::abs(residual);
  return 1.4826 * median_of(residuals);
}

}  // namespace dnstorm::operators
