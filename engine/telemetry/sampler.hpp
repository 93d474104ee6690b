// Says how many of the things that come by may be shown, so that it is never more than `rate` in
// any second: not in one by the clock only, but in every stretch of that length. To give a picture
// of the whole second instead of its first batch, no more than a tenth of the rate (at least one)
// goes through in a tenth of a second.
//
//   Sampler sampler(100);
//   std::size_t shown = sampler.admit(now, matched);   // 0..matched
//
// A value; belongs to one thread. Knows no clock: `now` never goes back.
#pragma once

#include <cstddef>
#include <deque>

#include "engine/base/time.hpp"

namespace dnstorm {

class Sampler {
 public:
  explicit Sampler(std::size_t rate) : rate_(rate) {}

  std::size_t admit(TimeNs now, std::size_t wanted);

 private:
  struct Admitted {
    TimeNs time;
    std::size_t count;
  };
  std::size_t rate_;
  std::deque<Admitted> newest_;  // of the last second
  std::size_t in_last_second_ = 0;
};

}  // namespace dnstorm
