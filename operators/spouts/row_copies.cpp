#include "operators/spouts/row_copies.hpp"

#include <algorithm>

namespace dnstorm::operators {

namespace {

struct Cell {
  std::string_view field;
  std::size_t to, size;
};
// What lies together both in the struct and in the row.
struct Run {
  std::size_t from = 0, to = 0, size = 0;
  std::size_t cells = 0;
};

std::vector<Cell> cells_of(const Schema& schema) {
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < schema.size(); ++i)
    cells.push_back({schema.field(i).name, schema.offset(i), size_of(schema.field(i).type)});
  std::ranges::sort(cells, {}, &Cell::to);
  return cells;
}

bool has(std::span<const RowCopies::Source> sources, std::string_view field, std::size_t offset) {
  return std::ranges::any_of(sources, [&](const RowCopies::Source& source) {
    return source.field == field && source.offset == offset;
  });
}

// The longest run that begins with the first of these cells, which follow each other in the row.
Run longest(std::span<const Cell> cells, std::span<const RowCopies::Source> sources) {
  Run best;
  for (const RowCopies::Source& source : sources) {
    if (source.field != cells[0].field) continue;
    Run run{source.offset, cells[0].to, cells[0].size, 1};
    while (run.cells < cells.size() && has(sources, cells[run.cells].field, run.from + run.size))
      run.size += cells[run.cells++].size;
    if (run.size > best.size) best = run;
  }
  return best;
}

}  // namespace

RowCopies::RowCopies(const Schema& schema, std::span<const Source> sources) {
  const std::vector<Cell> cells = cells_of(schema);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < cells.size(); i += std::max(runs.back().cells, std::size_t{1}))
    runs.push_back(longest(std::span(cells).subspan(i), sources));
  for (std::size_t width = widest; width != 0; width /= 2) {
    for (const Run& run : runs) {
      if (std::min(std::bit_floor(run.size), widest) != width) continue;
      // The last copy ends where the run does.
      for (std::size_t at = 0; at < run.size; at += width) {
        std::size_t begin = std::min(at, run.size - width);
        copies_.push_back({static_cast<std::uint16_t>(run.from + begin),
                           static_cast<std::uint16_t>(run.to + begin)});
      }
    }
    ends_[place(width)] = static_cast<std::uint16_t>(copies_.size());
  }
}

bool RowCopies::reads(std::size_t offset, std::size_t size) const {
  std::size_t width = widest;
  for (std::size_t i = 0; i < copies_.size(); ++i) {
    while (i == ends_[place(width)]) width /= 2;
    if (copies_[i].from < offset + size && copies_[i].from + width > offset) return true;
  }
  return false;
}

}  // namespace dnstorm::operators
