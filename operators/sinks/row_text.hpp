// Rows as text with all their fields, one a line: as JSON objects (a flat one a row) or as CSV
// (RFC 4180). Times are text in UTC, numbers that have names (qtype, rcode) their names, addresses
// and names text, bytes hexadecimal. A number that is none (NaN, infinity) is null, or an empty
// cell. Pure but for the text it adds to.
//
//   RowText text(RowFormat::csv, *input.schema, fields, source);
//   text.append(line, row);   // with the end of line
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/batch.hpp"
#include "engine/api/task_context.hpp"
#include "operators/sinks/point.hpp"

namespace dnstorm::operators {

enum class RowFormat { json, csv };
enum class RowNames { own, ecs };  // of fields: ecs_names.hpp

class RowText {
 public:
  // `fields`: which, in their order; empty: all. `source`: the text of a first column of that name;
  // empty: there is none.
  RowText(RowFormat format, const Schema& schema, const std::vector<std::string>& fields,
          const std::string& source, RowNames names = RowNames::own);

  // What a file begins with: of CSV the names of the columns, of JSON nothing.
  std::string header() const;
  void append(std::string& out, const RowView& row) const;

 private:
  struct Column {
    std::string before;  // what stands in front of the value: ',"qtype":' or ','
    CellReader cell;
    bool quoted = false;  // text, not a number or a truth value
  };
  RowFormat format_;
  std::string begin_;  // of a line: the brace, the source
  std::vector<Column> columns_;
  bool has_source_;
};

// A cell of CSV, in quotes where it needs them.
void append_csv_cell(std::string& out, std::string_view text);

}  // namespace dnstorm::operators
