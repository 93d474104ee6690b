// The two forms of DSC's data files, byte for byte as DSC 2.15 writes them. Pure functions,
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct DscArray {
  struct Row {
    std::string key;
    std::vector<std::pair<std::string, std::uint64_t>> cells;
  };
  std::uint32_t place = 0;  // in the declaration
  std::string name, dimension1, dimension2;
  TimeNs start = 0;
  TimeNs stop = 0;
  std::vector<Row> rows;
};

// `arrays` in the order in which they are to stand in the file.
std::string dsc_xml(const std::vector<DscArray>& arrays);
std::string dsc_json(const std::vector<DscArray>& arrays);

// Whether a value stands in a file as it is: letters, digits, dot, colon, minus and underscore.
// Anything else is written in base64, with a flag.
bool is_plain_value(std::string_view value);

}  // namespace dnstorm::operators
