#include "capture/synth/arrivals.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace dnstorm::capture::synth {

namespace {

// The rate at each full hour (UTC) as a multiple of the mean; straight lines in between. The low of
// the night and the plateau of the day as operators of resolvers show them; mean 1.
constexpr double hours[24] = {0.62, 0.50, 0.44, 0.40, 0.40, 0.45, 0.60, 0.86,
                              1.06, 1.21, 1.29, 1.31, 1.29, 1.27, 1.28, 1.29,
                              1.28, 1.26, 1.28, 1.33, 1.36, 1.29, 1.07, 0.86};

// A tenth of the time at five times the mean, the rest below it (a Markov-modulated Poisson
// process).
constexpr double burst_factor = 5, calm_factor = 0.5 / 0.9;
constexpr double burst_mean_ns = 0.5e9, calm_mean_ns = 4.5e9;

constexpr std::ptrdiff_t thursday = 3 * 24;  // on which 1970 began

std::vector<double> hours_of(const std::vector<double>& rhythm) {
  if (rhythm.empty()) return {std::begin(hours), std::end(hours)};
  std::vector<double> factors = rhythm;
  double sum = std::accumulate(factors.begin(), factors.end(), 0.0);
  for (double& factor : factors) factor *= static_cast<double>(factors.size()) / sum;
  if (factors.size() > 24) std::rotate(factors.begin(), factors.begin() + thursday, factors.end());
  return factors;
}

}  // namespace

Arrivals::Arrivals(const Options& options)
    : pace_(options.pace),
      hours_(hours_of(options.rhythm)),
      mean_gap_ns_(1e9 / options.rate * queries_per_arrival(options)),
      now_(options.start),
      state_until_(options.start) {}

double Arrivals::hour_factor() const {
  TimeNs period = static_cast<TimeNs>(hours_.size()) * 3600 * ns_per_s;
  double hour = static_cast<double>(now_ % period) / (3600.0 * static_cast<double>(ns_per_s));
  auto index = static_cast<std::size_t>(hour);
  double low = hours_[index % hours_.size()];
  double high = hours_[(index + 1) % hours_.size()];
  return low + (high - low) * (hour - static_cast<double>(index));
}

double Arrivals::factor(Random& random) {
  if (pace_ == Pace::poisson) return 1;
  if (pace_ == Pace::diurnal) return hour_factor();
  while (now_ >= state_until_) {
    burst_ = !burst_;
    double stay = (burst_ ? burst_mean_ns : calm_mean_ns) * random.exponential();
    state_until_ += 1 + static_cast<TimeNs>(stay);
  }
  return burst_ ? burst_factor : calm_factor;
}

TimeNs Arrivals::next(Random& random) {
  double rate = factor(random);
  double gap = random.exponential() * mean_gap_ns_ / rate;
  now_ += static_cast<TimeNs>(gap);
  return now_;
}

}  // namespace dnstorm::capture::synth
