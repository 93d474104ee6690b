// Tables for people: columns as wide as what is in them, numbers to the right.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::cli {

class TextTable {
 public:
  // A heading that begins with '>' stands over numbers.
  explicit TextTable(std::vector<std::string> headings);
  void add(std::vector<std::string> row);
  bool empty() const { return rows_.empty(); }
  // With a line feed after each; no spaces at their ends.
  std::string text() const;

 private:
  std::vector<std::string> headings_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// What others have named, fit for a terminal: control characters become '?'.
std::string printable(std::string_view text);

}  // namespace dnstorm::cli
