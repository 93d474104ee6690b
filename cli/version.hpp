// The version of this program, from project() in the top CMakeLists.txt.
#pragma once

namespace dnstorm::cli {
inline constexpr const char* version = DNSTORM_VERSION;
}  // namespace dnstorm::cli
