// The sum of doubles without any rounding, so that neither the order of the numbers nor that of
// parts shows in a digit of it: a number of fixed point, as wide as the doubles in it ask for
// (Neal: Fast exact summation using small and large superaccumulators, 2015). It is rounded once,
// when it is asked for.
//
// Memory: 8 bytes for every 32 binary places between the highest and the lowest digit, 24 to 40 for
// most measurements. A value; not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/api/state.hpp"

namespace dnstorm::operators {

class ExactSum {
 public:
  // `value` is finite.
  void add(double value);
  void merge(const ExactSum& other);
  void clear();

  // The nearest double, of two equally near ones the even one; infinite beyond the largest.
  double value() const;

  // Equal sums are equal bytes.
  void save(StateWriter& out) const;
  // Into an empty sum. False: the bytes are not those of save().
  bool restore(StateReader& in);

 private:
  void reach(std::int32_t first, std::int32_t last);
  void carry();
  void trim();

  // limbs_[i] counts for limbs_[i] * 2^(32 * (first_ + i) - 1074). Between two calls of carry()
  // they overlap; after it all but the highest, which has the sign, lie in [0, 2^32), and there is
  // no limb that could be left out.
  std::vector<std::int64_t> limbs_;
  std::int32_t first_ = 0;
  std::uint32_t since_carry_ = 0;
};

}  // namespace dnstorm::operators
