#include "cli/testing/row_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/api/options.hpp"

namespace dnstorm::cli {

namespace {

using testkit::Captured;

constexpr std::size_t none = ~std::size_t{0};
// A sink of several sources tells them apart by it.
constexpr const char* from = "from";

std::optional<std::size_t> find(const Captured::Source& source, const std::string& name) {
  for (std::size_t i = 0; i < source.fields.size(); ++i)
    if (source.fields[i].name == name) return i;
  return std::nullopt;
}

std::string quoted(const std::string& text) {
  bool plain = !text.empty() && text.find(' ') == std::string::npos;
  return plain ? text : "'" + text + "'";
}

std::string unknown_field(const Captured& got, const std::string& name) {
  std::vector<std::string> known;
  for (const Captured::Source& source : got.sources)
    for (const Field& field : source.fields) known.push_back(field.name);
  std::string hint = nearest(name, known);
  return fmt::format("there is no field '{}'{}", name,
                     hint.empty() ? fmt::format("; there are {}", fmt::join(known, ", "))
                                  : fmt::format(", did you mean '{}'?", hint));
}

}  // namespace

std::string row_text(const topology::TestRow& row) {
  std::vector<std::string> cells;
  for (const auto& [name, text] : row.cells) cells.push_back(name + "=" + quoted(text));
  return fmt::format("{}", fmt::join(cells, " "));
}

std::string line_text(const Captured& captured, const Captured::Line& line) {
  const Captured::Source& source = captured.sources[line.source];
  std::vector<std::string> cells;
  for (std::size_t i = 0; i < source.fields.size(); ++i)
    cells.push_back(source.fields[i].name + "=" + quoted(line.cells[i]));
  if (captured.sources.size() > 1) cells.push_back(fmt::format("from={}", source.component));
  return fmt::format("{}", fmt::join(cells, " "));
}

RowMatcher::RowMatcher(const std::vector<topology::TestRow>& expected, const Captured& got,
                       const testkit::Labels& labels)
    : got_(got) {
  for (const topology::TestRow& row : expected) read(row, labels);
}

void RowMatcher::read(const topology::TestRow& row, const testkit::Labels& labels) {
  Expected& expected = expected_.emplace_back();
  bool fits = got_.sources.empty();
  std::string why;
  for (const Captured::Source& source : got_.sources) {
    expected.by_source.push_back(cells_for(row, source, labels, why));
    fits = fits || expected.by_source.back();
  }
  for (const auto& [name, text] : row.cells)
    if (std::find(named_.begin(), named_.end(), name) == named_.end()) named_.push_back(name);
  if (!fits && !problem_) problem_ = Mismatch{row.place, why, {}};
}

std::optional<RowMatcher::Cells> RowMatcher::cells_for(const topology::TestRow& row,
                                                       const Captured::Source& source,
                                                       const testkit::Labels& labels,
                                                       std::string& why) const {
  Cells cells;
  for (const auto& [name, text] : row.cells) {
    auto index = find(source, name);
    if (!index && name == from) {
      if (text == source.component) continue;
      if (why.empty()) why = fmt::format("no rows come from '{}'", text);
      return std::nullopt;
    }
    if (!index) {
      why = unknown_field(got_, name);
      return std::nullopt;
    }
    auto normal = testkit::normal_text(source.fields[*index], text, labels);
    if (!normal.ok()) {
      why = normal.error().what;
      return std::nullopt;
    }
    cells.emplace_back(*index, std::move(*normal));
  }
  return cells;
}

bool RowMatcher::matches(std::size_t expected, std::size_t line) const {
  const Captured::Line& got = got_.lines[line];
  const auto& cells = expected_[expected].by_source[got.source];
  return cells && std::all_of(cells->begin(), cells->end(), [&](const auto& cell) {
           return got.cells[cell.first] == cell.second;
         });
}

// Of one source, all naming the same fields: equal texts are equal rows.
bool RowMatcher::alike() const {
  if (got_.sources.size() != 1) return false;
  for (const Expected& expected : expected_) {
    const Cells& cells = *expected.by_source[0];
    const Cells& first = *expected_.front().by_source[0];
    bool same = cells.size() == first.size() &&
                std::equal(cells.begin(), cells.end(), first.begin(),
                           [](const auto& a, const auto& b) { return a.first == b.first; });
    if (!same) return false;
  }
  return true;
}

Pairing RowMatcher::pair() const {
  return alike() && !expected_.empty() ? pair_equal() : pair_any();
}

Pairing RowMatcher::pair_equal() const {
  std::map<std::vector<std::string>, std::vector<std::size_t>> open;
  for (std::size_t i = expected_.size(); i-- != 0;) {
    std::vector<std::string> key;
    for (const auto& [field, text] : *expected_[i].by_source[0]) key.push_back(text);
    open[key].push_back(i);
  }
  Pairing pairing;
  for (std::size_t i = 0; i < got_.lines.size(); ++i) {
    std::vector<std::string> key;
    for (const auto& [field, text] : *expected_.front().by_source[0])
      key.push_back(got_.lines[i].cells[field]);
    auto found = open.find(key);
    if (found == open.end() || found->second.empty())
      pairing.unexpected.push_back(i);
    else
      found->second.pop_back();
  }
  for (const auto& [key, rows] : open)
    pairing.missing.insert(pairing.missing.end(), rows.begin(), rows.end());
  std::sort(pairing.missing.begin(), pairing.missing.end());
  return pairing;
}

// A row that names few fields may fit several: Kuhn's way to a largest set of pairs.
Pairing RowMatcher::pair_any() const {
  std::vector<std::size_t> taken(got_.lines.size(), none);
  Pairing pairing;
  for (std::size_t i = 0; i < expected_.size(); ++i) {
    std::vector<bool> tried(got_.lines.size());
    if (!find_line(i, tried, taken)) pairing.missing.push_back(i);
  }
  for (std::size_t i = 0; i < taken.size(); ++i)
    if (taken[i] == none) pairing.unexpected.push_back(i);
  return pairing;
}

bool RowMatcher::find_line(std::size_t expected, std::vector<bool>& tried,
                           std::vector<std::size_t>& taken) const {
  for (bool free : {true, false}) {
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (tried[i] || free != (taken[i] == none) || !matches(expected, i)) continue;
      tried[i] = true;
      if (!free && !find_line(taken[i], tried, taken)) continue;
      taken[i] = expected;
      return true;
    }
  }
  return false;
}

std::string RowMatcher::text(std::size_t line) const {
  const Captured::Line& got = got_.lines[line];
  const Captured::Source& source = got_.sources[got.source];
  std::vector<std::string> names = named_;
  std::sort(names.begin(), names.end());
  std::vector<std::string> cells;
  for (const std::string& name : names) {
    auto index = find(source, name);
    if (index) cells.push_back(name + "=" + quoted(got.cells[*index]));
    if (!index && name == from) cells.push_back(name + "=" + source.component);
  }
  if (cells.empty()) return line_text(got_, got);
  return fmt::format("{}", fmt::join(cells, " "));
}

}  // namespace dnstorm::cli
