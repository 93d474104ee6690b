#include "board/server/detail/reply.hpp"

namespace dnstorm::board::detail {
namespace {

constexpr const char* csp =
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'";

void add_common_headers(MHD_Response* response) {
  MHD_add_response_header(response, "Content-Security-Policy", csp);
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

std::string bearer_token(MHD_Connection* connection) {
  constexpr std::string_view bearer = "Bearer ";
  std::string_view given = header(connection, "Authorization");
  return given.starts_with(bearer) ? std::string(given.substr(bearer.size())) : std::string();
}

MHD_Result add_argument(void* request, MHD_ValueKind, const char* name, const char* value) {
  static_cast<ApiRequest*>(request)->query.emplace_back(name, value ? value : "");
  return MHD_YES;
}

}  // namespace

const char* header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value ? value : "";
}

MHD_Result send(MHD_Connection* connection, unsigned status, MHD_Response* response) {
  if (!response) return MHD_NO;
  add_common_headers(response);
  const MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

MHD_Result send_text(MHD_Connection* connection, unsigned status, const std::string& text,
                     const char* type, const Headers& headers) {
  MHD_Response* response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", type);
  for (const auto& [name, value] : headers)
    MHD_add_response_header(response, name.c_str(), value.c_str());
  MHD_add_response_header(response, "Cache-Control", "no-store");
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    MHD_add_response_header(response, "Allow", "GET, HEAD, POST");
  return send(connection, status, response);
}

MHD_Result send_asset(MHD_Connection* connection, const Asset& asset) {
  const bool cached = std::string_view(header(connection, "If-None-Match")) == asset.etag;
  const bool gzip = std::string_view(header(connection, "Accept-Encoding")).find("gzip") !=
                    std::string_view::npos;
  const std::string_view body = cached ? std::string_view{} : gzip ? asset.gzip : asset.plain;
  MHD_Response* response = MHD_create_response_from_buffer(
      body.size(), const_cast<char*>(body.data()), MHD_RESPMEM_PERSISTENT);
  if (!response) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", std::string(asset.type).c_str());
  MHD_add_response_header(response, "ETag", std::string(asset.etag).c_str());
  MHD_add_response_header(response, "Vary", "Accept-Encoding");
  MHD_add_response_header(response, "Cache-Control",
                          asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (gzip && !cached) MHD_add_response_header(response, "Content-Encoding", "gzip");
  return send(connection, cached ? MHD_HTTP_NOT_MODIFIED : MHD_HTTP_OK, response);
}

std::string argument(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);
  return value ? value : "";
}

MHD_Result send_answer(MHD_Connection* connection, const ApiAnswer& answer) {
  return send_text(connection, answer.status, answer.body, answer.type.c_str(), answer.headers);
}

ApiRequest read_request(MHD_Connection* connection, const char* control_header, bool loopback) {
  ApiRequest request;
  request.token = bearer_token(connection);
  request.loopback = loopback;
  request.deliberate = *header(connection, control_header) != 0;
  MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &add_argument, &request);
  return request;
}

unsigned status_of(ErrorKind kind) {
  if (kind == ErrorKind::usage) return MHD_HTTP_BAD_REQUEST;
  return kind == ErrorKind::unavailable ? MHD_HTTP_SERVICE_UNAVAILABLE
                                        : MHD_HTTP_INTERNAL_SERVER_ERROR;
}

}  // namespace dnstorm::board::detail
