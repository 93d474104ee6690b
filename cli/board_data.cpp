#include "cli/board_data.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "board/server/server.hpp"

namespace dnstorm::cli {

ApiAnswer BoardData::answer(const ApiRequest& request) const {
  if (request.path.empty() || request.path == "/") {
    auto names = nlohmann::json::array();
    for (const auto& [name, source] : handlers_)
      if (!source.offered || source.offered()) names.push_back(name);
    return {.body = nlohmann::json{{"data", names}, {"first", first_}}.dump()};
  }
  const std::size_t end = request.path.find('/', 1);
  const auto found = handlers_.find(request.path.substr(1, end - 1));
  if (found == handlers_.end()) return data_problem(404, "this board has no such data");
  ApiRequest rest = request;
  rest.path = end == std::string::npos ? "" : request.path.substr(end);
  return found->second.handler(rest);
}

ApiAnswer data_problem(unsigned status, const std::string& sentence) {
  // Names may come from packets: bytes that are no UTF-8 are replaced.
  return {.status = status,
          .body = nlohmann::json{{"error", sentence}}.dump(
              -1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

ApiAnswer data_problem(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
      return data_problem(400, error.what);
    case ErrorKind::unavailable:
      return data_problem(503, error.what);
    default:
      return data_problem(500, error.what);
  }
}

std::optional<ApiAnswer> refuse_change(const ApiRequest& request, const std::string& token) {
  if (!request.deliberate)
    return data_problem(403, fmt::format("a request that changes something carries the header {}",
                                         board::control_header));
  if (request.loopback) return std::nullopt;
  if (token.empty())
    return data_problem(403,
                        "this board can be reached from other machines: start it with "
                        "DNSTORM_CONTROL_TOKEN set, or on 127.0.0.1");
  if (same_secret(request.token, token)) return std::nullopt;
  return data_problem(401, "this wants the token of control");
}

}  // namespace dnstorm::cli
