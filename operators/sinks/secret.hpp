// Values of options that are not for the eyes of whoever reads a topology file.
#pragma once

#include <string>

#include "engine/base/result.hpp"

namespace dnstorm::operators {

// "env:NAME": the value of that environment variable; "file:PATH": what the file holds, without
// line ends behind it; else the text itself. `who` and `option`: for the sentence of an Error.
Result<std::string> secret(const std::string& who, const std::string& option,
                           const std::string& text);

}  // namespace dnstorm::operators
