// How commands that look at a run that goes on, or change it, find it: by the address of its board.
#pragma once

#include <string>

namespace dnstorm::cli {

// 8353, host:8353, http://host:8353/ -> http://host:8353
std::string base_url(std::string address);
// The header line with the token that the environment's variable has; "": it has none.
std::string bearer_header(const char* variable);

}  // namespace dnstorm::cli
