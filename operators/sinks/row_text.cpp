#include "operators/sinks/row_text.hpp"

#include <cmath>

#include "operators/sinks/ecs_names.hpp"
#include "operators/sinks/json_text.hpp"

namespace dnstorm::operators {

namespace {

bool is_none(const CellReader& cell, const RowView& row) {
  return cell.type == Type::f64 && !std::isfinite(row.get(FieldRef<double>{cell.offset}));
}

bool is_text(const CellReader& cell) {
  // Also one with names of its own, as qr: query.
  if (cell.type == Type::boolean) return !cell.labels.empty();
  return !cell.numeric() || cell.type == Type::time;
}

}  // namespace

RowText::RowText(RowFormat format, const Schema& schema, const std::vector<std::string>& fields,
                 const std::string& source, RowNames names)
    : format_(format), has_source_(!source.empty()) {
  if (format == RowFormat::json) begin_ = "{";
  if (has_source_ && format == RowFormat::json) begin_ += "\"source\":";
  if (has_source_ && format == RowFormat::json) append_json_string(begin_, source);
  if (has_source_ && format == RowFormat::csv) append_csv_cell(begin_, source);
  auto add = [&](std::size_t index) {
    Column& column = columns_.emplace_back();
    column.cell = CellReader::of(schema, index);
    column.quoted = is_text(column.cell);
    if (columns_.size() > 1 || has_source_) column.before = ",";
    if (format == RowFormat::csv) return;
    const Field& field = schema.field(index);
    append_json_string(column.before, names == RowNames::ecs ? ecs_name(field) : field.name);
    column.before += ':';
  };
  for (const std::string& name : fields)
    if (auto index = schema.find(name)) add(*index);
  for (std::size_t i = 0; fields.empty() && i < schema.size(); ++i) add(i);
}

std::string RowText::header() const {
  if (format_ == RowFormat::json) return {};
  std::string line = has_source_ ? "source" : "";
  for (const Column& column : columns_) {
    line += column.before;
    append_csv_cell(line, column.cell.name);
  }
  return line + "\r\n";
}

void RowText::append(std::string& out, const RowView& row) const {
  out += begin_;
  for (const Column& column : columns_) {
    out += column.before;
    bool none = is_none(column.cell, row);
    if (format_ == RowFormat::csv) {
      if (!none) append_csv_cell(out, column.cell.text(row));
    } else if (column.quoted) {
      append_json_string(out, column.cell.text(row));
    } else {
      out += none ? "null" : column.cell.text(row);
    }
  }
  out += format_ == RowFormat::csv ? "\r\n" : "}\n";
}

void append_csv_cell(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace dnstorm::operators
