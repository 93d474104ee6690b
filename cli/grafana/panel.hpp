// The panels of the Grafana boards as plain values: what each asks of the database and how it
// looks, in no query language. configs/grafana/panels.yaml is where they come from
// (panel_file.hpp); query.hpp makes queries of them, board_json.hpp boards.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dnstorm::cli::grafana {

enum class PanelKind : std::uint8_t {
  timeseries,  // lines over time
  stat,        // one number
  bars,        // a number a row, largest first
  pie,         // shares of a whole
  table
};

enum class Aggregation : std::uint8_t {
  rate,    // per second: the sum of a count by the length of the interval
  sum,     // over the whole time
  max,     // the largest of an interval, or of the whole time
  mean,    // the same for averages
  last,    // the newest of each series
  change,  // per second, of numbers that only grow (those of the engine), added up over tasks
  ratio,   // the sum of one part by the sum of another
  items    // the rows of tops: their counts added up by item
};

// Tags and the values that they may have.
using Condition = std::vector<std::pair<std::string, std::vector<std::string>>>;

struct Panel {
  std::string title;
  std::string description;
  PanelKind kind = PanelKind::timeseries;
  std::string unit = "short";  // by Grafana's id
  std::string measurement;
  Aggregation aggregation = Aggregation::rate;
  std::vector<std::string> fields;  // that are aggregated
  std::vector<std::string> tags;    // that the result is divided by
  std::string item;                 // of items: the field that names one
  Condition where;
  Condition part, whole;               // of ratio; an empty whole is all
  std::vector<std::string> variables;  // tags that the board lets one choose
  std::string interval;                // the width of the windows: the least that makes sense
  std::string stack = "none";          // none, normal, percent
  std::uint32_t limit = 0;             // rows; 0: all
  std::uint32_t width = 12;            // of 24
  std::uint32_t height = 8;
};

struct PanelRow {
  std::string title;
  std::vector<Panel> panels;
};

// A tag whose values one may choose from at the top of a board.
struct Variable {
  std::string tag;
  std::string measurement;  // where its values are looked up
};

// Points that are marked in every panel over time: each is a moment with a text and words.
struct Annotation {
  std::string name;
  std::string measurement;
  Condition where;
  std::string text;                    // the field that is the text
  std::vector<std::string> tags;       // its words: tags,
  std::vector<std::string> fields;     // and fields
  std::vector<std::string> variables;  // tags that it is chosen by, where a board lets one choose
  std::string colour;
};

struct Board {
  std::string uid;
  std::string title;
  std::string description;
  std::vector<Variable> variables;
  std::vector<PanelRow> rows;
  std::vector<Annotation> annotations;
};

}  // namespace dnstorm::cli::grafana
