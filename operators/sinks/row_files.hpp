// The sinks `json_lines` and `csv`: rows with all their fields, a line each, in files that are
// rotated by event time and size. For whatever reads files: scripts, spreadsheets, loaders of
// databases. The same input gives the same files.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef json_lines_operator();
OperatorDef csv_operator();

}  // namespace dnstorm::operators
