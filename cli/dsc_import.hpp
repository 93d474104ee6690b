// A configuration of DSC (DNS-OARC's statistics collector) as a topology. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace dnstorm::cli {

struct DscImport {
  std::string topology;  // YAML
  // What has no counterpart, or another one: "dsc.conf:12: sentence".
  std::vector<std::string> notes;
};

// `name` stands before the line in notes and errors. `exact`: with the defects of DSC 2.15. Fails
// with kind `config` where DSC, too, would refuse the file, or where it names no input.
Result<DscImport> import_dsc(std::string_view text, const std::string& name, bool exact);

}  // namespace dnstorm::cli
