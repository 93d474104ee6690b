// Rows in a file: CSV (RFC 4180; the first line names the fields) or JSON lines (an object a line),
// by the ending of its name (.csv; .jsonl, .ndjson, .json). `at` is the time of the clock.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/topology/test_file.hpp"

namespace dnstorm::cli {

// The error says file and line. The rows have `place`.
Result<std::vector<topology::TestRow>> read_row_file(const std::string& path,
                                                     topology::Place place);
// `name` decides on the format and stands in errors.
Result<std::vector<topology::TestRow>> read_row_text(const std::string& text,
                                                     const std::string& name,
                                                     topology::Place place);

}  // namespace dnstorm::cli
