// The hashes of a run of rows, each computed once and known eight rows before it is needed: what
// makes tables that are larger than the cache bearable.
//
//   HashesAhead hashes(rows, first, last, reader);
//   for (i = first; i < last; ++i) {
//     prefetch_slot(hashes.far(i));  prefetch_item(hashes.near(i));
//     use(rows[i], hashes.take(i));
//   }
#pragma once

#include <array>

#include "engine/api/key.hpp"

namespace dnstorm::operators {

class HashesAhead {
 public:
  HashesAhead(const Rows& rows, std::uint32_t first, std::uint32_t last, const KeyReader& reader)
      : rows_(rows), reader_(reader), last_(last) {
    for (std::uint32_t i = first; i < last && i < first + distance; ++i) read(i);
  }
  // Of the row eight and four places on; behind the end, of one that has been.
  std::uint64_t far(std::uint32_t i) {
    if (i + distance < last_) read(i + distance);
    return at(i + distance);
  }
  std::uint64_t near(std::uint32_t i) const { return at(i + distance / 2); }
  std::uint64_t take(std::uint32_t i) const { return at(i); }

 private:
  static constexpr std::uint32_t distance = 8;
  void read(std::uint32_t i) { hashes_[i % hashes_.size()] = reader_.hash(rows_[i]); }
  std::uint64_t at(std::uint32_t i) const { return hashes_[i % hashes_.size()]; }

  const Rows& rows_;
  const KeyReader& reader_;
  std::uint32_t last_;
  std::array<std::uint64_t, 2 * distance> hashes_{};
};

}  // namespace dnstorm::operators
