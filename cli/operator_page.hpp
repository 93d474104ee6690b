// The reference of an operator, a grouping or a hook, made of its declaration: as text for
// `dnstorm operators NAME`, as Markdown for the pages in doc/.
#pragma once

#include <string>

#include "engine/api/registry.hpp"

namespace dnstorm::cli {

// "1 to 1000", "at most 1h", "tumbling, sliding"; empty: none.
std::string limits_of(const OptionSpec& option);

// Nothing is called so: empty.
std::string page_text(const OperatorRegistry& registry, const std::string& name);
std::string page_markdown(const OperatorRegistry& registry, const std::string& name);

}  // namespace dnstorm::cli
