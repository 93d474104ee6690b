// An id as one part of a path: what could mean something there (a slash, a leading dot) is written
// %2f. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dnstorm::cluster {

std::string path_name(std::string_view id);
// The id; nothing if it is not what path_name() gives.
std::optional<std::string> id_of_path_name(std::string_view name);

}  // namespace dnstorm::cluster
