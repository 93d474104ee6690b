#include "cli/testing/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "cli/testing/row_match.hpp"

namespace dnstorm::cli {

namespace {

using testkit::Captured;
using topology::TestExpectation;
using topology::TestRow;

constexpr std::size_t shown_max = 10;

void show(std::string_view mark, const std::vector<std::string>& rows,
          std::vector<std::string>& into) {
  for (std::size_t i = 0; i < rows.size() && i < shown_max; ++i)
    into.push_back(fmt::format("{:<10} {}", mark, rows[i]));
  if (rows.size() > shown_max)
    into.push_back(fmt::format("{:<10} ... and {} more", mark, rows.size() - shown_max));
}

std::string counted(std::size_t rows) {
  return fmt::format("{} row{}", rows, rows == 1 ? "" : "s");
}

Mismatch differing_sets(const TestExpectation& expected, const RowMatcher& matcher,
                        const Pairing& pairing) {
  Mismatch found{expected.place, "", {}};
  const auto& rows = *expected.rows;
  if (!pairing.missing.empty()) found.place = rows[pairing.missing.front()].place;
  found.what = fmt::format("{} missing, {} unexpected; {} expected, {} came",
                           counted(pairing.missing.size()), pairing.unexpected.size(),
                           counted(rows.size()), matcher.size());
  std::vector<std::string> missing, unexpected;
  for (std::size_t i : pairing.missing) missing.push_back(row_text(rows[i]));
  for (std::size_t i : pairing.unexpected) unexpected.push_back(matcher.text(i));
  show("missing", missing, found.lines);
  show("unexpected", unexpected, found.lines);
  return found;
}

std::optional<Mismatch> compare_in_order(const TestExpectation& expected,
                                         const RowMatcher& matcher) {
  const auto& rows = *expected.rows;
  std::size_t first = 0;
  while (first < rows.size() && first < matcher.size() && matcher.matches(first, first)) ++first;
  if (first == rows.size() && first == matcher.size()) return std::nullopt;
  Pairing pairing = matcher.pair();
  bool same_rows = pairing.missing.empty() && pairing.unexpected.empty();
  Mismatch found = differing_sets(expected, matcher, pairing);
  if (same_rows) found.what = "the rows are there in another order; 'unordered: true' allows it";
  if (first < rows.size()) found.place = rows[first].place;
  std::vector<std::string> difference = {
      fmt::format("row {} is the first that differs", first + 1),
      "expected   " + (first < rows.size() ? row_text(rows[first]) : "nothing"),
      "got        " + (first < matcher.size() ? matcher.text(first) : "nothing")};
  found.lines.insert(found.lines.begin(), difference.begin(), difference.end());
  return found;
}

std::optional<Mismatch> compare_all(const TestExpectation& expected, const Captured& got,
                                    const testkit::Labels& labels) {
  RowMatcher matcher(*expected.rows, got, labels);
  if (matcher.problem()) return matcher.problem();
  if (!expected.unordered) return compare_in_order(expected, matcher);
  Pairing pairing = matcher.pair();
  if (pairing.missing.empty() && pairing.unexpected.empty()) return std::nullopt;
  return differing_sets(expected, matcher, pairing);
}

std::optional<Mismatch> compare_some(const TestExpectation& expected, const Captured& got,
                                     const testkit::Labels& labels) {
  RowMatcher matcher(expected.contains, got, labels);
  if (matcher.problem()) return matcher.problem();
  Pairing pairing = matcher.pair();
  if (pairing.missing.empty()) return std::nullopt;
  Mismatch found{expected.contains[pairing.missing.front()].place, "", {}};
  found.what = fmt::format("{} missing of {}; {} came", counted(pairing.missing.size()),
                           expected.contains.size(), matcher.size());
  std::vector<std::string> missing, others;
  for (std::size_t i : pairing.missing) missing.push_back(row_text(expected.contains[i]));
  for (std::size_t i : pairing.unexpected) others.push_back(matcher.text(i));
  show("missing", missing, found.lines);
  show("came", others, found.lines);
  return found;
}

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

std::optional<Mismatch> compare_rows(const TestExpectation& expected, const Captured& got,
                                     const testkit::Labels& labels) {
  std::optional<Mismatch> found;
  if (expected.rows) found = compare_all(expected, got, labels);
  if (!found && !expected.contains.empty()) found = compare_some(expected, got, labels);
  if (!found && expected.count && *expected.count != got.lines.size())
    found =
        Mismatch{expected.count_place,
                 fmt::format("{} expected, {} came", counted(*expected.count), got.lines.size()),
                 {}};
  return found;
}

std::optional<Mismatch> compare_text(const TestExpectation& expected, const std::string& got) {
  if (*expected.text == got) return std::nullopt;
  auto wanted = split_lines(*expected.text), lines = split_lines(got);
  std::size_t first = 0;
  while (first < wanted.size() && first < lines.size() && wanted[first] == lines[first]) ++first;
  Mismatch found{expected.text_place,
                 fmt::format("line {} is the first that differs; {} lines expected, {} came",
                             first + 1, wanted.size(), lines.size()),
                 {}};
  found.lines.push_back("expected   " + (first < wanted.size() ? wanted[first] : "nothing"));
  found.lines.push_back("got        " + (first < lines.size() ? lines[first] : "nothing"));
  return found;
}

std::vector<std::string> compare_runs(const Captured& first, const Captured& other) {
  auto texts = [](const Captured& captured) {
    std::multiset<std::string> set;
    for (std::size_t i = 0; i < captured.lines.size(); ++i)
      set.insert(line_text(captured, captured.lines[i]));
    return set;
  };
  std::multiset<std::string> one = texts(first), two = texts(other);
  std::vector<std::string> missing, unexpected, lines;
  std::set_difference(one.begin(), one.end(), two.begin(), two.end(), std::back_inserter(missing));
  std::set_difference(two.begin(), two.end(), one.begin(), one.end(),
                      std::back_inserter(unexpected));
  show("missing", missing, lines);
  show("unexpected", unexpected, lines);
  return lines;
}

}  // namespace dnstorm::cli
