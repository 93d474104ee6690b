// When queries come: a Poisson process, steady, with the hours of the day, or in bursts.
// One owner, one thread.
#pragma once

#include <vector>

#include "capture/synth/profile.hpp"
#include "capture/synth/random.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

class Arrivals {
 public:
  explicit Arrivals(const Options& options);
  // The next arrival, never before the last one.
  TimeNs next(Random& random);

 private:
  double factor(Random& random);
  double hour_factor() const;

  Pace pace_;
  std::vector<double> hours_;  // multiples of the mean, from 1970 on
  double mean_gap_ns_;
  TimeNs now_;
  TimeNs state_until_;
  bool burst_ = true;  // the first draw of a state turns it: a run begins calm
};

}  // namespace dnstorm::capture::synth
