// What is usual of the volume of a key: that of the hour of the week, as far as weeks of it are
// known, and of the last minutes before.
//
//   Expectation normal = memory.expected(window, ripe);
//   memory.learn(window, queries, normal, alarm);
//
// Of the hour of the week it is what the profile (operators/season) says, times a shift that
// follows within days, so that a change that stays is told of until then only, and not until the
// profile has it some weeks later. A value, for each key.
#pragma once

#include <memory>

#include "operators/detect/baseline.hpp"
#include "operators/season/learner.hpp"
#include "operators/windowing/window_shape.hpp"

namespace dnstorm::operators {

// What a number of queries is compared with.
struct Expectation {
  bool known = false;
  double level = 0;
  double deviation = 1;
  double weeks = 0;  // that it is made of; 0: of the last minutes
};

class VolumeMemory {
 public:
  // Remembers so many hours, beginning with what is known from before, if anything is.
  void begin(std::size_t hours_max, const ServerPast* before, TimeNs now);

  // `ripe`: weeks that must be known of a profile that is used.
  Expectation expected(WindowBounds window, int ripe) const;
  // `normal`: what was expected of it.
  void learn(WindowBounds window, double queries, const Expectation& normal, bool alarm);

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  void learn_minutes(WindowBounds window, double queries);

  Baseline minutes_;
  double shift_ = 0;  // of the logarithm, from the profile
  std::size_t hours_max_ = 0;
  std::unique_ptr<SeasonLearner> learner_;  // null: hours are not remembered
};

}  // namespace dnstorm::operators
