// The normal distribution.
#pragma once

namespace dnstorm::operators {

// P(X <= x).
double normal_below(double x);
// The x that P(X <= x) is q of; -8 and 8 stand for 0 and 1.
double normal_quantile(double q);

}  // namespace dnstorm::operators
