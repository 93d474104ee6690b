#include "cli/testing/row_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/csv.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

namespace {

using topology::TestRow;

Error wrong(const std::string& name, std::size_t line, std::string what) {
  return {ErrorKind::data, fmt::format("{}:{}: {}", name, line, what), ""};
}

Result<void> set_cell(const std::string& name, std::size_t line, std::string field,
                      std::string text, TestRow& row) {
  if (field != "at") {
    row.cells[std::move(field)] = std::move(text);
    return {};
  }
  auto at = parse_duration(text);
  if (!at) return wrong(name, line, fmt::format("'at' is a time such as 5s, not '{}'", text));
  row.at = *at;
  return {};
}

Result<std::vector<TestRow>> read_csv(std::string_view text, const std::string& name,
                                      topology::Place place) {
  std::vector<TestRow> rows;
  CsvReader records(text);
  std::vector<std::string> fields, cells;
  for (;;) {
    auto more = records.next(cells);
    std::size_t line = records.line();
    if (!more.ok()) return wrong(name, line, more.error().what);
    if (!*more) return rows;
    if (fields.empty()) {
      fields = cells;
      continue;
    }
    if (cells.size() != fields.size())
      return wrong(
          name, line,
          fmt::format("{} cells, and the first line names {} fields", cells.size(), fields.size()));
    TestRow& row = rows.emplace_back();
    row.place = place;
    for (std::size_t i = 0; i < cells.size(); ++i)
      DNSTORM_CHECK(set_cell(name, line, fields[i], std::move(cells[i]), row));
  }
}

Result<std::vector<TestRow>> read_json(const std::string& text, const std::string& name,
                                       topology::Place place) {
  std::vector<TestRow> rows;
  std::istringstream in(text);
  std::string line_text;
  for (std::size_t line = 1; std::getline(in, line_text); ++line) {
    if (line_text.find_first_not_of(" \t\r") == std::string::npos) continue;
    auto object = nlohmann::json::parse(line_text, nullptr, false);
    if (!object.is_object()) return wrong(name, line, "is no JSON object");
    TestRow& row = rows.emplace_back();
    row.place = place;
    for (const auto& [field, value] : object.items()) {
      if (value.is_structured())
        return wrong(name, line, fmt::format("field '{}' has more than one value", field));
      std::string cell = value.is_string() ? value.get<std::string>() : value.dump();
      DNSTORM_CHECK(set_cell(name, line, field, std::move(cell), row));
    }
  }
  return rows;
}

}  // namespace

Result<std::vector<TestRow>> read_row_text(const std::string& text, const std::string& name,
                                           topology::Place place) {
  if (name.ends_with(".csv")) return read_csv(text, name, place);
  for (const char* ending : {".jsonl", ".ndjson", ".json"})
    if (name.ends_with(ending)) return read_json(text, name, place);
  return Error{ErrorKind::usage, fmt::format("{}: rows are in a .csv or a .jsonl file", name), ""};
}

Result<std::vector<TestRow>> read_row_file(const std::string& path, topology::Place place) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (in) text << in.rdbuf();
  if (!in)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", path, std::strerror(errno)), ""};
  return read_row_text(text.str(), path, place);
}

}  // namespace dnstorm::cli
