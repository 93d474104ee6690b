// Which of the rows that came are which of those that are expected. Pure.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/testing/compare.hpp"

namespace dnstorm::cli {

struct Pairing {
  std::vector<std::size_t> missing;     // of the expected rows
  std::vector<std::size_t> unexpected;  // of those that came
};

class RowMatcher {
 public:
  RowMatcher(const std::vector<topology::TestRow>& expected, const testkit::Captured& got,
             const testkit::Labels& labels);

  // An expected row that can fit no row: a field that there is not, a value that is none.
  const std::optional<Mismatch>& problem() const { return problem_; }
  std::size_t size() const { return got_.lines.size(); }
  bool matches(std::size_t expected, std::size_t line) const;
  // As many pairs as possible.
  Pairing pair() const;
  // A row that came, with the fields that expected rows name; all if they name none.
  std::string text(std::size_t line) const;

 private:
  using Cells = std::vector<std::pair<std::size_t, std::string>>;  // field, normal text
  struct Expected {
    std::vector<std::optional<Cells>> by_source;  // nothing: not a row of that source
  };
  void read(const topology::TestRow& row, const testkit::Labels& labels);
  std::optional<Cells> cells_for(const topology::TestRow& row,
                                 const testkit::Captured::Source& source,
                                 const testkit::Labels& labels, std::string& why) const;
  Pairing pair_equal() const;
  Pairing pair_any() const;
  bool find_line(std::size_t expected, std::vector<bool>& tried,
                 std::vector<std::size_t>& taken) const;
  bool alike() const;

  const testkit::Captured& got_;
  std::vector<Expected> expected_;
  std::vector<std::string> named_;  // fields
  std::optional<Mismatch> problem_;
};

// "word=the count=2"
std::string row_text(const topology::TestRow& row);
std::string line_text(const testkit::Captured& captured, const testkit::Captured::Line& line);

}  // namespace dnstorm::cli
