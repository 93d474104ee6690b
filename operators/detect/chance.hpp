// What chance alone may do: how high a count must be before it is no accident that one of thousands
// of keys reaches it in one of thousands of windows. The expected number of false events a day is
// the parameter, and is divided evenly among keys and windows (Bonferroni), so that what is an
// alarm grows with the logarithm of what is looked at.
//
//   double nats = chance_nats(events_a_day, keys, window);
//   if (count >= poisson_limit(usual, spread, nats)) ...
//
// Pure functions.
#pragma once

#include <algorithm>
#include <cmath>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

// Minus the logarithm of the probability that a key may have in a window.
inline double chance_nats(double events_a_day, double keys, DurationNs window) {
  constexpr double day = 86400.0 * static_cast<double>(ns_per_s);
  return std::max(0.0, std::log(keys * day / static_cast<double>(window) / events_a_day));
}

// From where on a count with this mean is reached with at most this probability: Chernoff's bound
// for a Poisson count, P(N >= n) <= exp(-(n ln(n / mean) - n + mean)) (Mitzenmacher, Upfal,
// Probability and Computing, theorem 5.4). `spread`: variance by mean, 1 of a Poisson count; counts
// that come in lumps have more (quasi-Poisson; McCullagh, Nelder, Generalized Linear Models, 6.2).
inline double poisson_limit(double mean, double spread, double nats) {
  if (mean <= 0) return 0;
  spread = std::max(spread, 1.0);
  mean /= spread;
  // Bernstein's bound is above the root of a convex function: Newton's steps go down to it.
  double n = mean + nats / 3 + std::sqrt(nats * nats / 9 + 2 * mean * nats);
  for (int step = 0; step < 30; ++step) {
    double slope = std::log(n / mean);
    if (slope <= 0) break;
    double off = n * slope - n + mean - nats;
    n -= off / slope;
    if (off < 1e-9 * nats) break;
  }
  return spread * n;
}

}  // namespace dnstorm::operators
