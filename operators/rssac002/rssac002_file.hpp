// rssac002_file: writes the documents of an rssac002. See rssac002_file.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef rssac002_file_operator();

}  // namespace dnstorm::operators
