#include "engine/base/csv.hpp"

namespace dnstorm {

Result<bool> CsvReader::next(std::vector<std::string>& cells) {
  while (!rest_.empty()) {
    began_ = line_;
    DNSTORM_CHECK(take_record(cells));
    if (cells.size() > 1 || !cells[0].empty()) return true;
  }
  return false;
}

Result<void> CsvReader::take_record(std::vector<std::string>& cells) {
  cells.assign(1, {});
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest_.size(); ++i) {
    char c = rest_[i];
    if (c == '\n') ++line_;
    if (quoted) {
      if (c != '"') {
        cells.back() += c;
      } else if (i + 1 < rest_.size() && rest_[i + 1] == '"') {
        cells.back() += rest_[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"' && cells.back().empty()) {
      quoted = true;
    } else if (c == ',') {
      cells.emplace_back();
    } else if (c == '\n') {
      ++i;
      break;
    } else if (c != '\r') {
      cells.back() += c;
    }
  }
  rest_.remove_prefix(i);
  if (quoted) return Error{ErrorKind::data, "a quote is not closed", ""};
  return {};
}

}  // namespace dnstorm
