#include "operators/season/normal.hpp"

#include <algorithm>
#include <cmath>

namespace dnstorm::operators {

double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// Halving: at most 60 steps, exact to the last digits, and asked for some constants only.
double normal_quantile(double q) {
  double low = -8, high = 8;
  for (int step = 0; step < 60 && low < high; ++step) {
    double middle = (low + high) / 2;
    (normal_below(middle) < q ? low : high) = middle;
  }
  return std::clamp((low + high) / 2, -8.0, 8.0);
}

}  // namespace dnstorm::operators
