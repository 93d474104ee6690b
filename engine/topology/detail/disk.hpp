// Files as they are read from the disk: whole, and not larger than a topology can be.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::topology::detail {

// At most one byte more than yaml_bytes_max, which shows that the file is too large. The error
// (kind no_input) says only what is wrong, without the path.
Result<std::string> read_disk(const std::string& path);

}  // namespace dnstorm::topology::detail
