// The result of an interval: rows of cells in DSC's order, cut as the dataset asks for, and the
// schemas in which they go out. Pure but for the emitter.
#pragma once

#include <string>
#include <vector>

#include "engine/api/emitter.hpp"
#include "engine/api/schema.hpp"
#include "operators/dsc/window.hpp"

namespace dnstorm::operators {

// The output streams, in the order of the declaration.
enum DscStream : std::size_t { dsc_cells_stream, dsc_arrays_stream };

inline constexpr std::string_view dsc_pcap_stats = "pcap_stats";
// What stands for cells that were cut: how many, and their sum.
inline constexpr std::string_view dsc_skipped = "-:SKIPPED:-";
inline constexpr std::string_view dsc_skipped_sum = "-:SKIPPED_SUM:-";

// Fields of `default`; `open`: some key comes from an open set.
std::vector<Field> dsc_cell_fields(bool open);
// Fields of `arrays`, from which `dsc_file` writes.
std::vector<Field> dsc_array_fields();

struct DscCellRefs {
  DscCellRefs() = default;
  explicit DscCellRefs(const Schema& schema);
  FieldRef<TimeNs> window, window_end;
  FieldRef<Str> dataset, server, node, key1, key2;
  FieldRef<std::uint64_t> count;
};
struct DscArrayRefs {
  DscArrayRefs() = default;
  explicit DscArrayRefs(const Schema& schema);
  FieldRef<TimeNs> window, window_end, start, stop;
  FieldRef<std::uint32_t> place;
  FieldRef<Str> dataset, dimension1, dimension2, key1, key2;
  FieldRef<std::uint64_t> count;
};

// One value of the first dimension with its cells.
struct DscRow {
  std::string key;
  std::vector<std::pair<std::string, std::uint64_t>> cells;
};

// All counts of a dataset, nothing cut. A key may stand in two rows: their cells are to be added
// up. The number behind the last dataset: pcap_stats.
std::vector<DscRow> dsc_parts(const DscWindow& window, std::size_t dataset,
                              const DscSettings& settings, const DscPlan& messages,
                              const DscPlan& pairs);

// The rows of a dataset as they are reported: keys of the first dimension in their order (of fixed
// classes also empty ones, as many as DSC has), cells by count descending, those beyond min_count
// and max_cells replaced by how many there are and their sum.
std::vector<DscRow> dsc_rows(const DscWindow& window, std::size_t dataset,
                             const DscSettings& settings, const DscPlan& messages,
                             const DscPlan& pairs);

}  // namespace dnstorm::operators
