// A text as one word of a command for bash, as people paste it, whatever is in it: names come from
// packets. Pure.
#pragma once

#include <string>

namespace dnstorm::cli {

std::string shell_word(const std::string& text);

}  // namespace dnstorm::cli
