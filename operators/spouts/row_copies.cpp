#include "operators/spouts/row_copies.hpp"

#include <algorithm>
#include <bit>

namespace dnstorm::operators {

RowCopies::RowCopies(const Schema& schema, std::span<const Source> sources) {
  constexpr std::size_t widest = std::size_t{1} << (widths - 1);
  const std::vector<Run> all = runs(schema, sources);
  for (std::size_t i = 0; i < widths; ++i) {
    for (const Run& run : all)
      if (std::min(std::bit_floor(run.size), widest) == widest >> i) add(run, widest >> i);
    ends_[i] = static_cast<std::uint16_t>(copies_.size());
  }
}

// What lies together both in the struct and in the row, in the order of the row.
std::vector<RowCopies::Run> RowCopies::runs(const Schema& schema, std::span<const Source> sources) {
  std::vector<Run> cells;
  for (const Source& source : sources)
    if (auto field = schema.find(source.field))
      cells.push_back({source.offset, schema.offset(*field), size_of(schema.field(*field).type)});
  std::ranges::sort(cells, {}, &Run::to);
  std::vector<Run> joined;
  for (const Run& cell : cells) {
    if (!joined.empty()) {
      Run& last = joined.back();
      if (last.from + last.size == cell.from && last.to + last.size == cell.to) {
        last.size += cell.size;
        continue;
      }
    }
    joined.push_back(cell);
  }
  return joined;
}

// The last copy of a run ends where the run does.
void RowCopies::add(const Run& run, std::size_t width) {
  for (std::size_t at = 0; at < run.size; at += width) {
    std::size_t begin = std::min(at, run.size - width);
    copies_.push_back(
        {static_cast<std::uint16_t>(run.from + begin), static_cast<std::uint16_t>(run.to + begin)});
  }
}

}  // namespace dnstorm::operators
