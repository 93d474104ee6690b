// Fills the cells of a row out of a struct that holds more of them and in another order: a short
// list of copies, made once from the schema of the row. Neighbours here and there are one copy, and
// what is not a power of two is covered by copies that overlap. Private to this folder.
//
//   RowCopies copies(schema, {{"client", offsetof(Cells, client)}, ...});
//   copies.run(cells, row.data());     // fields of the schema that have no source stay as they are
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "engine/api/schema.hpp"

namespace dnstorm::operators {

class RowCopies {
 public:
  // Where the struct has what belongs into a field: as wide as the field's type.
  struct Source {
    std::string_view field;
    std::size_t offset;
  };

  RowCopies() = default;
  RowCopies(const Schema& schema, std::span<const Source> sources);

  void run(const void* from, std::byte* row) const {
    const Copy* next = copies_.data();
    copy<16>(next, from, row);
    copy<8>(next, from, row);
    copy<4>(next, from, row);
    copy<2>(next, from, row);
    copy<1>(next, from, row);
  }
  std::size_t size() const { return copies_.size(); }

 private:
  struct Copy {
    std::uint16_t from, to;
  };
  struct Run {
    std::size_t from, to, size;
  };
  static constexpr std::size_t widths = 5;  // 16, 8, 4, 2, 1

  static std::vector<Run> runs(const Schema& schema, std::span<const Source> sources);
  void add(const Run& run, std::size_t width);

  template <std::size_t width>
  void copy(const Copy*& next, const void* from, std::byte* row) const {
    constexpr std::size_t index = std::size_t{4} - std::countr_zero(width);
    const Copy* end = copies_.data() + ends_[index];
    for (; next != end; ++next)
      std::memcpy(row + next->to, static_cast<const std::byte*>(from) + next->from, width);
  }

  std::vector<Copy> copies_;  // by width, the widest first
  std::array<std::uint16_t, widths> ends_{};
};

}  // namespace dnstorm::operators
