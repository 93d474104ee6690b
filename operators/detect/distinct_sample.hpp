// A count of different things as a part of what a detector knows of a key in a window, of which
// most rows of a busy key need not touch the memory: a sketch (DistinctPart) whose registers are
// given up by half as they fill. What falls to one of those that are left is a sample of all
// things, by their hashes (adaptive sampling; Flajolet, Computing 43, 1990). From some 700 things
// on it is one of eight.
//
// Standard error: 3 % up to 100 things, 9 to 14 % beyond. What is estimated depends on the set of
// things alone, not on their order. A value.
#pragma once

#include <cstdint>

#include "operators/detect/distinct_part.hpp"

namespace dnstorm::operators {

class DistinctSample {
 public:
  void add(std::uint64_t hash) {
    if ((hash & given_up_) != 0) return;
    if (part_.add(hash)) ++touched_, give_up();
  }
  double estimate() const {
    return part_.estimate_below(left_) * static_cast<double>(1U << (precision - left_));
  }
  void clear() { *this = {}; }

  void save(StateWriter& out) const { part_.save(out); }
  // How many are given up follows from those that have been touched: whose registers are given up
  // were too many, and are saved, too.
  bool restore(StateReader& in) {
    clear();
    if (!part_.restore(in)) return false;
    touched_ = static_cast<std::uint16_t>(part_.touched_below(left_));
    give_up();
    return true;
  }

 private:
  static constexpr std::uint8_t precision = 9, precision_least = 6;
  static constexpr std::uint32_t touched_max = 96;
  void give_up() {
    while (touched_ > touched_max && left_ > precision_least) {
      touched_ = static_cast<std::uint16_t>(part_.touched_below(--left_));
      given_up_ = static_cast<std::uint16_t>((1U << precision) - (1U << left_));
    }
  }

  std::uint16_t given_up_ = 0;     // bits of a place of which any tells that it is given up
  std::uint16_t touched_ = 0;      // of the registers that are left
  std::uint8_t left_ = precision;  // 2^left_ of them
  DistinctPart part_{precision};
};

}  // namespace dnstorm::operators
