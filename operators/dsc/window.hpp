// What `dsc` counts in one interval: the matrices, the tables behind their codes, and cells with
// keys as text: those that come from other tasks or from a checkpoint, and numbers of packets.
// Used by one task; not thread-safe.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/time.hpp"
#include "operators/dsc/key_tables.hpp"
#include "operators/dsc/matrix.hpp"
#include "operators/dsc/plan.hpp"

namespace dnstorm::operators {

// Counts by the text of both keys.
struct DscTextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return DscTextTable::hash(text); }
};
using DscTextCounts = std::unordered_map<std::string, std::uint64_t, DscTextHash, std::equal_to<>>;
using DscCells = std::map<std::string, DscTextCounts, std::less<>>;

inline void add_cell(DscCells& cells, std::string_view first, std::string_view second,
                     std::uint64_t count) {
  auto row = cells.find(first);
  if (row == cells.end()) row = cells.emplace(std::string(first), DscTextCounts{}).first;
  auto cell = row->second.find(second);
  if (cell == row->second.end())
    row->second.emplace(std::string(second), count);
  else
    cell->second += count;
}

// The tables of one plan, and what is known of their entries.
struct DscTables {
  explicit DscTables(const DscPlan& plan) : addresses(plan.tables), texts(plan.tables) {}
  void clear() {
    for (auto& table : addresses) table.clear();
    for (auto& table : texts) table.clear();
    tld_known.clear();
    ports.clear();
    port_places.clear();
  }
  std::uint32_t place_of_port(std::uint16_t port) {
    if (port_places.empty()) port_places.resize(65536);
    std::uint32_t& place = port_places[port];
    if (place == 0) {
      ports.push_back(port);
      place = static_cast<std::uint32_t>(ports.size());
    }
    return place;
  }
  // By the number of the table; of the two, the one that the indexer's form asks for.
  std::vector<DscAddressTable> addresses;
  std::vector<DscTextTable> texts;
  std::vector<bool> tld_known;  // by the code of `tld`
  // compat: exact numbers source ports in order of appearance, from 1.
  std::vector<std::uint16_t> ports;
  std::vector<std::uint32_t> port_places;
};

struct DscWindow {
  DscWindow(const DscSettings& settings, const DscPlan& messages, const DscPlan& pairs)
      : tables{DscTables(messages), DscTables(pairs)}, cells(settings.datasets.size() + 1) {
    for (const DscDataset& dataset : settings.datasets) {
      const DscIndexerInfo& first = dsc_indexer(dataset.dimensions[0].indexer);
      matrices.emplace_back(first.form == DscForm::number);
    }
  }
  void clear() {
    for (DscTables& each : tables) each.clear();
    for (DscMatrix& matrix : matrices) matrix.clear();
    for (DscCells& each : cells) each.clear();
    first_time = time_max;
    last_time = time_min;
  }
  // Asked for by windows that slide; intervals never do.
  void merge(const DscWindow&) { DNSTORM_ASSERT(false, "two intervals of dsc are merged"); }
  void see(TimeNs time) {
    first_time = std::min(first_time, time);
    last_time = std::max(last_time, time);
  }

  std::array<DscTables, 2> tables;  // of the plans for messages and for pairs
  std::vector<DscMatrix> matrices;  // by dataset
  std::vector<DscCells> cells;      // by dataset; the last one: pcap_stats
  TimeNs first_time = time_max;
  TimeNs last_time = time_min;
};

}  // namespace dnstorm::operators
