#include "operators/dsc/results.hpp"

#include <algorithm>
#include <bit>

#include "operators/dsc/names.hpp"

namespace dnstorm::operators {

namespace {

Field text(std::string name, Role role, bool open, std::string help) {
  return {std::move(name), Type::str, role, "", open, std::move(help)};
}
Field window_start() {
  return {"window", Type::time, Role::time, "", false, "start of the interval"};
}
Field window_end() {
  return {"window_end", Type::time, Role::window_end, "", false, "end of the interval"};
}
Field count_field() {
  return {"count", Type::u64, Role::value, "", false, "number of messages", Fold::sum};
}

// Texts of the codes of one dataset in one window.
class Labels {
 public:
  Labels(const DscWindow& window, std::size_t dataset, const DscSettings& settings,
         const DscPlan& messages, const DscPlan& pairs)
      : settings_(settings) {
    for (std::size_t kind = 0; kind < 2; ++kind) {
      const DscPlan& plan = kind == 0 ? messages : pairs;
      for (const DscPlan::Use& use : plan.uses)
        if (use.dataset == dataset)
          for (std::size_t d = 0; d < 2; ++d) slots_[d] = plan.slots[use.slots[d]];
      if (settings.datasets[dataset].uses(DscIndexer::response_time) == (kind == 1))
        tables_ = &window.tables[kind];
    }
  }
  std::string of(std::size_t dimension, std::uint32_t code) const {
    const DscPlan::Slot& slot = slots_[dimension];
    switch (dsc_indexer(slot.indexer).form) {
      case DscForm::address:
        return format_ip(tables_->addresses[slot.table].key(code));
      case DscForm::text: {
        std::string_view key = tables_->texts[slot.table].key(code);
        return settings_.exact ? raw_name(key) : std::string(key);
      }
      default:
        return number(slot.indexer, code);
    }
  }

 private:
  std::string number(DscIndexer indexer, std::uint32_t code) const {
    // DSC shows each port under the one that came before it.
    if (indexer == DscIndexer::dns_source_port && settings_.exact)
      code = code == 1 ? 0 : tables_->ports[code - 2];
    return dsc_number_label(indexer, code, settings_.buckets);
  }

  const DscSettings& settings_;
  std::array<DscPlan::Slot, 2> slots_{};
  const DscTables* tables_ = nullptr;
};

using Cell = DscMatrix::Cell;

// Orders a row and cuts it. Texts are made only of cells that may be shown: of the others the count
// is enough.
class RowCutter {
 public:
  RowCutter(const DscDataset& dataset, const Labels& labels) : dataset_(dataset), labels_(labels) {}

  DscRow cut(const Cell* begin, const Cell* end) {
    DscRow row;
    row.key = labels_.of(0, begin->first);
    std::vector<Cell> shown;
    for (const Cell* cell = begin; cell != end; ++cell)
      if (cell->count < dataset_.min_count)
        skip(cell->count);
      else
        shown.push_back(*cell);
    drop_small(shown);
    for (const Cell& cell : shown) row.cells.emplace_back(labels_.of(1, cell.second), cell.count);
    finish(row);
    return row;
  }
  // The same of cells with text.
  DscRow cut(const std::string& key, const DscTextCounts& cells) {
    DscRow row;
    row.key = key;
    for (const auto& [label, count] : cells)
      if (count < dataset_.min_count)
        skip(count);
      else
        row.cells.emplace_back(label, count);
    finish(row);
    return row;
  }

 private:
  // Cells below the last count that is shown.
  void drop_small(std::vector<Cell>& cells) {
    if (dataset_.max_cells == 0 || cells.size() <= dataset_.max_cells) return;
    auto last = cells.begin() + static_cast<std::ptrdiff_t>(dataset_.max_cells - 1);
    std::nth_element(cells.begin(), last, cells.end(),
                     [](const Cell& a, const Cell& b) { return a.count > b.count; });
    std::uint64_t least = last->count;
    std::erase_if(cells, [&](const Cell& cell) {
      if (cell.count >= least) return false;
      skip(cell.count);
      return true;
    });
  }
  void finish(DscRow& row) {
    DscIndexer indexer = dataset_.dimensions[1].indexer;
    std::sort(row.cells.begin(), row.cells.end(), [&](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : dsc_label_less(indexer, a.first, b.first);
    });
    while (dataset_.max_cells != 0 && row.cells.size() > dataset_.max_cells) {
      skip(row.cells.back().second);
      row.cells.pop_back();
    }
    if (skipped_ != 0) {
      row.cells.emplace_back(dsc_skipped, skipped_);
      row.cells.emplace_back(dsc_skipped_sum, skipped_sum_);
    }
    skipped_ = skipped_sum_ = 0;
  }
  void skip(std::uint64_t count) {
    ++skipped_;
    skipped_sum_ += count;
  }

  const DscDataset& dataset_;
  const Labels& labels_;
  std::uint64_t skipped_ = 0;
  std::uint64_t skipped_sum_ = 0;
};

// DSC's array over the first dimension has a power of two of places; of fixed classes it writes all
// that have a place, counted or not.
void add_empty_rows(DscIndexer indexer, std::vector<DscRow>& rows) {
  const auto& classes = dsc_indexer(indexer).classes;
  if (classes.empty() || rows.empty()) return;
  auto place = [&](const DscRow& row) {
    return static_cast<std::size_t>(std::find(classes.begin(), classes.end(), row.key) -
                                    classes.begin());
  };
  std::size_t places = std::max<std::size_t>(2, std::bit_ceil(place(rows.back()) + 1));
  std::vector<DscRow> all;
  for (std::size_t i = 0; i < std::min(places, classes.size()); ++i) {
    all.push_back({std::string(classes[i]), {}});
    for (DscRow& row : rows)
      if (row.key == classes[i]) all.back() = std::move(row);
  }
  rows = std::move(all);
}

}  // namespace

std::vector<Field> dsc_cell_fields(bool open) {
  return {window_start(),
          window_end(),
          text("dataset", Role::key, false, "name of the dataset"),
          text("server", Role::key, false, "the option `server`"),
          text("node", Role::key, false, "the option `node`"),
          text("key1", Role::key, open, "value of the first dimension"),
          text("key2", Role::key, open, "value of the second dimension"),
          count_field()};
}

std::vector<Field> dsc_array_fields() {
  return {window_start(),
          window_end(),
          {"start", Type::time, Role::plain, "", false, "start_time of DSC's file"},
          {"stop", Type::time, Role::plain, "", false, "stop_time of DSC's file"},
          {"place", Type::u32, Role::plain, "", false, "of the dataset in the declaration"},
          text("dataset", Role::plain, false, "name of the dataset"),
          text("dimension1", Role::plain, false, "label of the first dimension"),
          text("dimension2", Role::plain, false, "label of the second dimension"),
          text("key1", Role::plain, true, "value of the first dimension"),
          text("key2", Role::plain, true, "value of the second dimension"),
          {"count", Type::u64, Role::value, "", false,
           "number of messages; 0: a row, or a whole dataset, without cells"}};
}

DscCellRefs::DscCellRefs(const Schema& s)
    : window(s.ref<TimeNs>("window")),
      window_end(s.ref<TimeNs>("window_end")),
      dataset(s.ref<Str>("dataset")),
      server(s.ref<Str>("server")),
      node(s.ref<Str>("node")),
      key1(s.ref<Str>("key1")),
      key2(s.ref<Str>("key2")),
      count(s.ref<std::uint64_t>("count")) {}

DscArrayRefs::DscArrayRefs(const Schema& s)
    : window(s.ref<TimeNs>("window")),
      window_end(s.ref<TimeNs>("window_end")),
      start(s.ref<TimeNs>("start")),
      stop(s.ref<TimeNs>("stop")),
      place(s.ref<std::uint32_t>("place")),
      dataset(s.ref<Str>("dataset")),
      dimension1(s.ref<Str>("dimension1")),
      dimension2(s.ref<Str>("dimension2")),
      key1(s.ref<Str>("key1")),
      key2(s.ref<Str>("key2")),
      count(s.ref<std::uint64_t>("count")) {}

std::vector<DscRow> dsc_parts(const DscWindow& window, std::size_t dataset,
                              const DscSettings& settings, const DscPlan& messages,
                              const DscPlan& pairs) {
  std::vector<DscRow> rows;
  if (dataset < settings.datasets.size()) {
    Labels labels(window, dataset, settings, messages, pairs);
    std::uint32_t first = dsc_no_code;
    for (const Cell& cell : window.matrices[dataset].cells()) {
      if (cell.first != first) rows.push_back({labels.of(0, first = cell.first), {}});
      rows.back().cells.emplace_back(labels.of(1, cell.second), cell.count);
    }
  }
  for (const auto& [key, cells] : window.cells[dataset]) {
    rows.push_back({key, {cells.begin(), cells.end()}});
    std::sort(rows.back().cells.begin(), rows.back().cells.end());
  }
  return rows;
}

std::vector<DscRow> dsc_rows(const DscWindow& window, std::size_t dataset,
                             const DscSettings& settings, const DscPlan& messages,
                             const DscPlan& pairs) {
  std::vector<DscRow> rows;
  const DscDataset& declared = settings.datasets[dataset];
  Labels labels(window, dataset, settings, messages, pairs);
  RowCutter cutter(declared, labels);
  if (window.cells[dataset].empty()) {
    std::vector<Cell> cells = window.matrices[dataset].cells();
    for (std::size_t from = 0; from < cells.size();) {
      std::size_t to = from;
      while (to < cells.size() && cells[to].first == cells[from].first) ++to;
      rows.push_back(cutter.cut(&cells[from], cells.data() + to));
      from = to;
    }
  } else {
    DscCells cells = window.cells[dataset];
    for (const Cell& cell : window.matrices[dataset].cells())
      add_cell(cells, labels.of(0, cell.first), labels.of(1, cell.second), cell.count);
    for (const auto& [key, counts] : cells) rows.push_back(cutter.cut(key, counts));
  }
  DscIndexer indexer = declared.dimensions[0].indexer;
  std::sort(rows.begin(), rows.end(), [&](const DscRow& a, const DscRow& b) {
    return dsc_label_less(indexer, a.key, b.key);
  });
  add_empty_rows(indexer, rows);
  return rows;
}

}  // namespace dnstorm::operators
