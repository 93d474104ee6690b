#include "cluster/control/detail/answers.hpp"

namespace dnstorm::cluster::detail {

ApiAnswer page(const Json& json) { return {200, "application/json", text_of(json)}; }

ApiAnswer refusal(unsigned status, const std::string& kind, const std::string& sentence) {
  return {status, "application/json", text_of(Json{{"error", kind}, {"errorMessage", sentence}})};
}

ApiAnswer refusal(const Error& error) {
  switch (error.kind) {
    case ErrorKind::usage:
    case ErrorKind::data:
      return refusal(400, "InvalidRequestException", error.what);
    case ErrorKind::config:
    case ErrorKind::no_input:
      return refusal(400, "InvalidTopologyException", error.what);
    case ErrorKind::permission:
      return refusal(403, "AuthorizationException", error.what);
    case ErrorKind::unavailable:
    case ErrorKind::io:
      return refusal(503, "UnavailableException", error.what);
    case ErrorKind::internal:
      break;
  }
  return refusal(500, "RuntimeException", error.what);
}

}  // namespace dnstorm::cluster::detail
