// Records of a text in CSV (RFC 4180): cells parted by commas, records by line ends, a cell in
// quotes may hold both, and quotes doubled. Lines end by LF or CR LF. Empty lines are no records.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm {

class CsvReader {
 public:
  // `text` must outlive the reader.
  explicit CsvReader(std::string_view text) : rest_(text) {}

  // False at the end. The error is for line(): a quote that is not closed.
  Result<bool> next(std::vector<std::string>& cells);
  // The line, from 1, in which the last record began.
  std::size_t line() const { return began_; }

 private:
  Result<void> take_record(std::vector<std::string>& cells);
  std::string_view rest_;
  std::size_t line_ = 1;
  std::size_t began_ = 1;
};

}  // namespace dnstorm
