// One panel of the board: collects the rows of open windows and makes a frame of each closed one.
// Belongs to one task. Rows of a frame come in one order, however the work before was divided.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/api/state.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

enum class BoardView { wall, series, table, totals };

struct BoardPanelSettings {
  std::string panel;
  std::string title;
  BoardView view = BoardView::table;
  std::vector<std::string> columns;  // numbers to show; empty: all
  std::size_t limit = 0;             // rows of a table; 0: all
  std::size_t cells = 0;             // of a wall
};

// The field that orders the rows of a `top` and is no part of what a row is called.
inline constexpr std::string_view rank_field = "rank";

// Whether a value field names a row (text, an address, a labelled number) rather than measures it.
bool names_row(const Field& field);

// Of rows of that schema: the fields that a row's key is made of, with blanks between, and the
// numbers that are shown. `wanted`: as BoardPanelSettings::columns.
struct PanelFields {
  std::vector<std::string> names;
  std::vector<std::string> numbers;
};
PanelFields panel_fields(const Schema& schema, const std::vector<std::string>& wanted);

class BoardPanel {
 public:
  // `schema` has a time, a window_end and at least one of the numbers to show.
  BoardPanel(const Schema& schema, BoardPanelSettings settings);

  void add(const RowView& row);
  // Frames of the windows that end at or before `now`, in the order of event time.
  std::vector<FeedFrame> close(TimeNs now);
  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  struct Line {
    double rank = 0;
    std::vector<double> values;
  };
  using Lines = std::map<std::string, Line, std::less<>>;
  struct Window {
    TimeNs end = 0;
    TimeNs start = 0;
    auto operator<=>(const Window&) const = default;
  };

  static void save_lines(StateWriter& out, const Lines& lines);
  static Lines restore_lines(StateReader& in);
  std::string name_of(const RowView& row) const;
  void add_to(Lines& lines, std::string name, const Line& line, bool sum) const;
  FeedFrame frame(const Window& window, const Lines& lines) const;
  void append_series(FeedFrame& frame) const;
  void sort_table(FeedFrame& frame, const Lines& lines) const;

  BoardPanelSettings settings_;
  std::vector<CellReader> names_;
  std::vector<CellReader> numbers_;
  std::optional<CellReader> rank_;
  FieldRef<std::int64_t> start_;
  FieldRef<std::int64_t> end_;
  std::map<Window, Lines> open_;
  Lines totals_;
};

}  // namespace dnstorm::operators
