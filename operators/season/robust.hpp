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

// The standard deviation that a normal distribution with this median absolute value has.
// `residuals` lie around zero.
inline double spread_of(std::vector<double> residuals) {
  for (double& residual : residuals) residual = std::abs(residual);
  return 1.4826 * median_of(residuals);
}

}  // namespace dnstorm::operators
