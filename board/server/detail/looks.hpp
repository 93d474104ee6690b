// What the page asks for beside the stream when somebody looks closer: at what was shown before
// (/api/rewind?t=), and at one cell (/api/cell?panel=&slot=).
#pragma once

#include <microhttpd.h>

#include <string_view>

#include "board/server/live.hpp"

namespace dnstorm::board::detail {

MHD_Result look_closer(MHD_Connection* connection, std::string_view path, const Live& live);

}  // namespace dnstorm::board::detail
