// [HOST:]PORT of a board or an interface, as a user writes it.
#pragma once

#include <string>

#include "board/server/server.hpp"

namespace dnstorm::cli {

// `option`: whose value it is, for the message.
Result<board::ServerOptions> parse_board_address(const std::string& text,
                                                 const std::string& option);

}  // namespace dnstorm::cli
