// What every answer of the board's server has in common, over the HTTP library's connections.
#pragma once

#include <microhttpd.h>

#include <string>
#include <string_view>

#include "board/server/assets.hpp"
#include "engine/base/http_api.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::board::detail {

// "" where it is not given.
const char* header(MHD_Connection* connection, const char* name);
std::string argument(MHD_Connection* connection, const char* name);

// Queue an answer, with the headers that all of them carry. send() takes the response over.
MHD_Result send(MHD_Connection* connection, unsigned status, MHD_Response* response);
using Headers = std::vector<std::pair<std::string, std::string>>;
MHD_Result send_text(MHD_Connection* connection, unsigned status, const std::string& text,
                     const char* type = "text/plain; charset=utf-8", const Headers& headers = {});
MHD_Result send_asset(MHD_Connection* connection, const Asset& asset);

MHD_Result send_answer(MHD_Connection* connection, const ApiAnswer& answer);

// Its arguments, and what it says of who asks; method, path and body are left out. `loopback`: of
// the server.
ApiRequest read_request(MHD_Connection* connection, const char* control_header, bool loopback);

unsigned status_of(ErrorKind kind);

}  // namespace dnstorm::board::detail
