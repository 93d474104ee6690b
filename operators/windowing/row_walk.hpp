// The rows of a batch as one loop sees them: where they begin and how wide they are is looked up
// once and not once a row, as a loop that writes has to if it asks the batch. As valid as the Rows
// it is made of. A value; for one loop, not to be kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/api/batch.hpp"

namespace dnstorm::operators {

class RowWalk {
 public:
  explicit RowWalk(const Rows& rows)
      : rows_(rows),
        base_(rows.batch().row(0)),
        arena_(rows.batch().arena()),
        row_size_(rows.batch().schema().row_size()) {}

  std::uint32_t size() const { return rows_.size(); }
  [[gnu::always_inline]] RowView operator[](std::uint32_t i) const {
    return {base_ + row_size_ * rows_.index(i), arena_};
  }

 private:
  const Rows rows_;
  const std::byte* base_;
  const std::byte* arena_;
  std::size_t row_size_;
};

}  // namespace dnstorm::operators
