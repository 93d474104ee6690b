// The `store` sink: points into a SQLite file that keeps some days, written in one transaction per
// closed group of windows; readers are not disturbed (WAL). The file, PRAGMA user_version 3:
//
//   series(id, measurement, tags)      tags: a JSON object, names in order
//   points(series, time, end, fields)  ns since 1970; end: of the window; fields: a JSON object
//   and rollups of them (point_rollups.hpp)
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef store_operator();

}  // namespace dnstorm::operators
