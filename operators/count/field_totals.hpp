// What `aggregate` knows of the numbers of some fields: exact sums, extremes, and the first and
// last of them by event time. Every part of it is the same in whatever order rows and parts come.
//
// A number is kept as a word: 64 bits that are ordered as the numbers of its type are. Values; not
// thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engine/api/batch.hpp"
#include "operators/count/exact_sum.hpp"

namespace dnstorm::operators {

using Word = std::uint64_t;

inline Word word_of(std::uint64_t number) { return number; }
inline Word word_of(std::int64_t number) {
  return static_cast<std::uint64_t>(number) ^ std::uint64_t{1} << 63;
}
inline Word word_of(double number) {
  auto bits = std::bit_cast<std::uint64_t>(number);
  return bits >> 63 != 0 ? ~bits : bits | std::uint64_t{1} << 63;
}
inline std::int64_t signed_of(Word word) {
  return static_cast<std::int64_t>(word ^ std::uint64_t{1} << 63);
}
inline double real_of(Word word) {
  return std::bit_cast<double>(word >> 63 != 0 ? word ^ std::uint64_t{1} << 63 : ~word);
}

// A sum of whole numbers that cannot overflow: 2^63 rows of the largest number fit. Two's
// complement, added up without a sign.
__extension__ using WideBits = unsigned __int128;
__extension__ using WideSum = __int128;

// The numbers of one field.
struct FieldTotal {
  // A number and when it came. Of equal times the least number is the first, the greatest the last.
  using Moment = std::pair<TimeNs, Word>;

  void note(Word word, TimeNs time) {
    ++count;
    least = std::min(least, word);
    greatest = std::max(greatest, word);
    first = std::min(first, Moment{time, word});
    last = std::max(last, Moment{time, word});
  }
  void merge(const FieldTotal& other);
  void save(StateWriter& out) const;
  bool restore(StateReader& in);

  std::uint64_t count = 0;
  WideBits whole = 0;  // of whole numbers
  ExactSum real;       // of others
  Word least = std::numeric_limits<Word>::max();
  Word greatest = 0;
  Moment first{time_max, std::numeric_limits<Word>::max()};
  Moment last{time_min, 0};
};

// Those of the fields of a key.
struct FieldTotals {
  // `hash`: of the fields' names, so that parts of others are told from these.
  FieldTotals(std::size_t count, std::uint64_t hash) : names(hash), fields(count) {}

  void merge(const FieldTotals& other);
  void clear();
  void save(StateWriter& out) const;
  // False: the bytes are not those of totals of these fields.
  bool restore(StateReader& in);

  std::uint64_t names;
  std::uint64_t rows = 0;
  std::vector<FieldTotal> fields;
};

}  // namespace dnstorm::operators
