#include "operators/sinks/board_panel.hpp"

#include <algorithm>

#include "operators/sinks/window_buffer.hpp"

namespace dnstorm::operators {

bool names_row(const Field& field) {
  if (field.role == Role::key) return field.name != rank_field;
  if (field.role != Role::value) return false;
  return !CellReader{field.name, field.type, 0, field.labels}.numeric();
}

namespace {

bool is_shown(const Field& field, const std::vector<std::string>& wanted) {
  return field.role == Role::value && !names_row(field) &&
         (wanted.empty() || std::find(wanted.begin(), wanted.end(), field.name) != wanted.end());
}

}  // namespace

PanelFields panel_fields(const Schema& schema, const std::vector<std::string>& wanted) {
  PanelFields fields;
  for (const Field& field : schema.fields()) {
    if (names_row(field)) fields.names.push_back(field.name);
    if (is_shown(field, wanted)) fields.numbers.push_back(field.name);
  }
  if (fields.names.empty() && schema.find(rank_field)) fields.names.emplace_back(rank_field);
  return fields;
}

BoardPanel::BoardPanel(const Schema& schema, BoardPanelSettings settings)
    : settings_(std::move(settings)) {
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const Field& field = schema.field(i);
    CellReader cell = CellReader::of(schema, i);
    if (field.role == Role::time) start_.offset = cell.offset;
    if (field.role == Role::window_end) end_.offset = cell.offset;
    if (field.role == Role::key && field.name == rank_field) rank_ = cell;
    if (names_row(field)) {
      names_.push_back(std::move(cell));
    } else if (is_shown(field, settings_.columns)) {
      numbers_.push_back(std::move(cell));
    }
  }
  // A `top` of bare numbers (ports): its places are all there is to tell rows apart.
  if (names_.empty() && rank_) names_.push_back(*rank_);
}

std::string BoardPanel::name_of(const RowView& row) const {
  std::string name;
  for (const CellReader& cell : names_) {
    if (!name.empty()) name += ' ';
    name += cell.text(row);
  }
  return name;
}

void BoardPanel::add_to(Lines& lines, std::string name, const Line& line, bool sum) const {
  auto [it, is_new] = lines.try_emplace(std::move(name), line);
  if (is_new) return;
  it->second.rank = line.rank;
  for (std::size_t i = 0; i < line.values.size(); ++i)
    it->second.values[i] = sum ? it->second.values[i] + line.values[i] : line.values[i];
}

void BoardPanel::add(const RowView& row) {
  Line line;
  if (rank_) line.rank = rank_->number(row);
  for (const CellReader& cell : numbers_) line.values.push_back(cell.number(row));
  bool sum = settings_.view == BoardView::wall || settings_.view == BoardView::totals;
  add_to(open_[{row.get(end_), row.get(start_)}], name_of(row), line, sum);
}

std::vector<FeedFrame> BoardPanel::close(TimeNs now) {
  std::vector<FeedFrame> frames;
  while (!open_.empty() && open_.begin()->first.end <= now) {
    const auto& [window, lines] = *open_.begin();
    if (settings_.view == BoardView::totals) {
      for (const auto& [name, line] : lines) add_to(totals_, name, line, true);
      frames.push_back(frame(window, totals_));
    } else {
      frames.push_back(frame(window, lines));
    }
    open_.erase(open_.begin());
  }
  return frames;
}

void BoardPanel::save_lines(StateWriter& out, const Lines& lines) {
  out.put(std::uint64_t{lines.size()});
  for (const auto& [name, line] : lines) {
    out.put_bytes(name);
    out.put(line.rank);
    out.put(std::uint64_t{line.values.size()});
    for (double value : line.values) out.put(value);
  }
}

BoardPanel::Lines BoardPanel::restore_lines(StateReader& in) {
  Lines lines;
  for (std::uint64_t left = in.get_count(24); left != 0; --left) {
    Line& line = lines[std::string(in.get_bytes())];
    line.rank = in.get<double>();
    for (std::uint64_t values = in.get_count(sizeof(double)); values != 0; --values)
      line.values.push_back(in.get<double>());
  }
  return lines;
}

void BoardPanel::save(StateWriter& out) const {
  out.put(std::uint64_t{open_.size()});
  for (const auto& [window, lines] : open_) {
    out.put(window.start);
    out.put(window.end);
    save_lines(out, lines);
  }
  save_lines(out, totals_);
}

void BoardPanel::restore(StateReader& in) {
  for (std::uint64_t left = in.get_count(24); left != 0; --left) {
    auto start = in.get<TimeNs>();
    auto end = in.get<TimeNs>();
    open_[{end, start}] = restore_lines(in);
  }
  totals_ = restore_lines(in);
}

FeedFrame BoardPanel::frame(const Window& window, const Lines& lines) const {
  static constexpr const char* view_names[] = {"wall", "series", "table", "totals"};
  FeedFrame out;
  out.panel = settings_.panel;
  out.view = view_names[static_cast<int>(settings_.view)];
  out.title = settings_.title;
  out.cells = settings_.cells;
  out.start = window.start;
  out.end = window.end;
  for (const CellReader& cell : numbers_) out.columns.push_back(cell.name);
  for (const auto& [name, line] : lines) out.rows.push_back({name, line.values});
  std::sort(out.rows.begin(), out.rows.end(),
            [](const FeedRow& a, const FeedRow& b) { return natural_less(a.key, b.key); });
  if (settings_.view == BoardView::series) append_series(out);
  if (settings_.view == BoardView::table) sort_table(out, lines);
  return out;
}

// A line of the page has one value: several numbers of a row become a line each.
void BoardPanel::append_series(FeedFrame& frame) const {
  if (numbers_.size() == 1 && !names_.empty()) return;
  std::vector<FeedRow> lines;
  for (const FeedRow& row : frame.rows)
    for (std::size_t i = 0; i < row.values.size(); ++i)
      lines.push_back(
          {row.key.empty() ? frame.columns[i] : row.key + " " + frame.columns[i], {row.values[i]}});
  frame.rows = std::move(lines);
  frame.columns = {"value"};
}

void BoardPanel::sort_table(FeedFrame& frame, const Lines& lines) const {
  std::stable_sort(frame.rows.begin(), frame.rows.end(), [&](const FeedRow& a, const FeedRow& b) {
    if (rank_) return lines.find(a.key)->second.rank < lines.find(b.key)->second.rank;
    return a.values[0] > b.values[0];
  });
  if (settings_.limit > 0 && frame.rows.size() > settings_.limit)
    frame.rows.resize(settings_.limit);
}

}  // namespace dnstorm::operators
