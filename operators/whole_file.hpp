// Files that others collect: they see whole ones only. Thread-safe but for two of one path.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::operators {

// Writes PATH.tmp, brings it to the disk and renames it. Errors: io, "WHO: PATH cannot be written:
// REASON; see to `folder`", with the subject `folder`: the option that names where.
Result<void> write_whole_file(const std::string& who, const std::string& path,
                              const std::string& text);

}  // namespace dnstorm::operators
