// Fills the cells of a row out of a struct that holds more of them and in another order: a short
// list of copies, made once from the schema of the row. Neighbours here and there are one copy, and
// what is not a power of two is covered by copies that overlap. Private to this folder.
//
//   RowCopies copies(schema, {{"client", offsetof(Cells, client)}, ...});
//   copies.run(&cells, row.data());    // fields of the schema that have no source stay as they are
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
  // Where the struct has what belongs into a field: as wide as the field's type. It may have it at
  // several places, beside what other rows have beside it.
  struct Source {
    std::string_view field;
    std::size_t offset;
  };

  RowCopies() = default;
  RowCopies(const Schema& schema, std::span<const Source> sources);

  void run(const void* from, std::byte* row) const {
    std::size_t next = copy<16>(0, from, row);
    if (next == copies_.size()) return;
    next = copy<8>(next, from, row);
    next = copy<4>(next, from, row);
    next = copy<2>(next, from, row);
    copy<1>(next, from, row);
  }
  // Whether run() reads of that part of the struct.
  bool reads(std::size_t offset, std::size_t size) const;
  std::size_t size() const { return copies_.size(); }

 private:
  struct Copy {
    std::uint16_t from, to;
  };
  static constexpr std::size_t widest = 16, widths = 5;
  static constexpr std::size_t place(std::size_t width) { return std::bit_width(width) - 1U; }

  template <std::size_t width>
  std::size_t copy(std::size_t next, const void* from, std::byte* row) const {
    const std::size_t end = ends_[place(width)];
    for (const Copy* copies = copies_.data(); next != end; ++next)
      std::memcpy(row + copies[next].to, static_cast<const std::byte*>(from) + copies[next].from,
                  width);
    return next;
  }

  std::vector<Copy> copies_;  // by width, the widest first
  std::array<std::uint16_t, widths> ends_{};  // of 1, 2, 4, 8, 16
};

}  // namespace dnstorm::operators
