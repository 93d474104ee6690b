// Reads a list of panels (configs/grafana/panels.yaml is the one that comes with dnstorm; its head
// explains the keys) and checks it: what it lets pass can be written into a query as it stands.
#pragma once

#include <string>
#include <vector>

#include "cli/grafana/panel.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli::grafana {

// The first thing that is wrong, with file, line and column (kind config). `file` names the text in
// the error.
Result<std::vector<Board>> read_panels(const std::string& text, const std::string& file);

}  // namespace dnstorm::cli::grafana
