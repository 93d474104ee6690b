// How many rows a spout with a fixed rate may emit by now. Pure: the present is handed in.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

class Pacer {
 public:
  // Rows a second; 0: as fast as possible.
  explicit Pacer(double rate) : rate_(rate) {}

  bool paced() const { return rate_ > 0; }
  // No more than `most`. The first row is due at the first call.
  std::uint32_t due(TimeNs steady_now, std::uint32_t most) {
    if (!paced()) return most;
    if (!started_) start_ = steady_now, started_ = true;
    double allowed = static_cast<double>(steady_now - start_) / ns_per_s * rate_ + 1;
    double open = allowed - static_cast<double>(given_);
    return open < 1 ? 0 : static_cast<std::uint32_t>(std::min(open, static_cast<double>(most)));
  }
  void gave(std::uint32_t rows) { given_ += rows; }
  // Until the next row is due.
  DurationNs wait(TimeNs steady_now) const {
    double at = static_cast<double>(given_) / rate_ * ns_per_s;
    double left = at - static_cast<double>(steady_now - start_);
    return left <= 0 ? 0 : static_cast<DurationNs>(left) + 1;
  }

 private:
  double rate_;
  bool started_ = false;
  TimeNs start_ = 0;
  std::uint64_t given_ = 0;
};

}  // namespace dnstorm::operators
