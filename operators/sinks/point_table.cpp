#include "operators/sinks/point_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace dnstorm::operators {

namespace {

struct Column {
  std::string_view name;
  bool is_tag = false;
  bool right = false;  // numbers stand at the right
  std::size_t width = 0;
};

struct ValueText {
  std::string operator()(std::int64_t number) const { return fmt::format("{}", number); }
  std::string operator()(double number) const { return fmt::format("{}", number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(const std::string& text) const {
    std::string out;
    for (char c : text) out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    return out;
  }
};

std::string cell(const Point& point, const Column& column) {
  if (column.is_tag) {
    for (const PointTag& tag : point.tags)
      if (tag.name == column.name) return ValueText{}(tag.value);
  } else {
    for (const PointField& field : point.fields)
      if (field.name == column.name) return std::visit(ValueText{}, field.value);
  }
  return "-";
}

void note_column(std::vector<Column>& columns, std::string_view name, bool is_tag, bool right) {
  auto known = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
    return column.name == name && column.is_tag == is_tag;
  });
  if (known == columns.end()) columns.push_back({name, is_tag, right, name.size()});
}

std::vector<Column> columns_of(std::span<const Point> points) {
  std::vector<Column> columns;
  for (const Point& point : points)
    for (const PointTag& tag : point.tags) note_column(columns, tag.name, true, false);
  for (const Point& point : points)
    for (const PointField& field : point.fields)
      note_column(columns, field.name, false, field.value.index() < 2);
  for (Column& column : columns)
    for (const Point& point : points)
      column.width = std::max(column.width, cell(point, column).size());
  return columns;
}

void append_row(std::string& out, const std::vector<Column>& columns,
                const std::function<std::string(const Column&)>& text) {
  std::size_t begin = out.size();
  for (const Column& column : columns) {
    if (out.size() != begin) out += "  ";
    std::string padding(column.width - std::min(column.width, text(column).size()), ' ');
    out += column.right ? padding + text(column) : text(column) + padding;
  }
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

void append_table(std::string& out, std::span<const Point> points) {
  const Point& first = points.front();
  fmt::format_to(std::back_inserter(out), "{}  {}", first.measurement, format_time(first.time));
  if (first.end > first.time) out += "  " + format_duration(first.end - first.time);
  out += '\n';
  std::vector<Column> columns = columns_of(points);
  append_row(out, columns, [](const Column& column) { return std::string(column.name); });
  for (const Point& point : points)
    append_row(out, columns, [&](const Column& column) { return cell(point, column); });
  out += '\n';
}

bool same_table(const Point& a, const Point& b) {
  return a.measurement == b.measurement && a.time == b.time && a.end == b.end;
}

}  // namespace

void append_tables(std::string& out, const std::vector<Point>& points) {
  std::size_t from = 0;
  for (std::size_t i = 1; i <= points.size(); ++i) {
    if (i < points.size() && same_table(points[from], points[i])) continue;
    append_table(out, {points.data() + from, i - from});
    from = i;
  }
}

}  // namespace dnstorm::operators
