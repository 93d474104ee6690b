#include "operators/dsc/results.hpp"

#include <algorithm>
#include <bit>
#include <utility>

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

// Orders a row and cuts it. Of a dataset with max_cells no more cells than that are held, and texts
// are made only of those that may be shown: there may be a million, all of the same count.
class RowCutter {
 public:
  RowCutter(const DscDataset& dataset, const Labels& labels) : dataset_(dataset), labels_(labels) {}

  // each(cell) calls cell(second code, count).
  template <class Each>
  DscRow cut(std::uint32_t first, Each&& each) {
    each([&](std::uint32_t second, std::uint64_t count) {
      if (may_stay(count)) take({labels_.of(1, second), count});
    });
    return finish(labels_.of(0, first));
  }
  // The same of cells with text.
  DscRow cut(const std::string& key, const DscTextCounts& cells) {
    for (const auto& [label, count] : cells)
      if (may_stay(count)) take({label, count});
    return finish(key);
  }

 private:
  using TextCell = std::pair<std::string, std::uint64_t>;
  bool before(const TextCell& a, const TextCell& b) const {
    return a.second != b.second ? a.second > b.second
                                : dsc_label_less(dataset_.dimensions[1].indexer, a.first, b.first);
  }
  auto order() const {
    return [this](const TextCell& a, const TextCell& b) { return before(a, b); };
  }
  bool full() const { return dataset_.max_cells != 0 && row_.size() == dataset_.max_cells; }

  // False: it is skipped, whatever its text.
  bool may_stay(std::uint64_t count) {
    bool may = count >= dataset_.min_count && !(full() && count < row_.front().second);
    if (!may) skip(count);
    return may;
  }
  // While it is full, row_ is a heap with the last cell in front.
  void take(TextCell cell) {
    if (full()) {
      if (!before(cell, row_.front())) return skip(cell.second);
      skip(row_.front().second);
      std::pop_heap(row_.begin(), row_.end(), order());
      row_.back() = std::move(cell);
      std::push_heap(row_.begin(), row_.end(), order());
      return;
    }
    row_.push_back(std::move(cell));
    if (full()) std::make_heap(row_.begin(), row_.end(), order());
  }
  DscRow finish(std::string key) {
    DscRow row{std::move(key), std::exchange(row_, {})};
    std::sort(row.cells.begin(), row.cells.end(), order());
    if (skipped_ != 0) {
      row.cells.emplace_back(dsc_skipped, skipped_);
      row.cells.emplace_back(dsc_skipped_sum, skipped_sum_);
    }
    skipped_ = skipped_sum_ = 0;
    return row;
  }
  void skip(std::uint64_t count) {
    ++skipped_;
    skipped_sum_ += count;
  }

  const DscDataset& dataset_;
  const Labels& labels_;
  std::vector<TextCell> row_;
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
    window.matrices[dataset].each_row([&](std::uint32_t first, auto&& each) {
      DscRow& row = rows.emplace_back(DscRow{labels.of(0, first), {}});
      each([&](std::uint32_t second, std::uint64_t count) {
        row.cells.emplace_back(labels.of(1, second), count);
      });
    });
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
    window.matrices[dataset].each_row(
        [&](std::uint32_t first, auto&& each) { rows.push_back(cutter.cut(first, each)); });
  } else {
    DscCells cells = window.cells[dataset];
    window.matrices[dataset].each_row([&](std::uint32_t first, auto&& each) {
      each([&](std::uint32_t second, std::uint64_t count) {
        add_cell(cells, labels.of(0, first), labels.of(1, second), count);
      });
    });
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
