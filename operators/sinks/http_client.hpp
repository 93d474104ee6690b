// One HTTP exchange at a time over a connection that is kept. The only place that includes curl.h
// is http_client.cpp; HttpTransport is the seam where tests put a server of their own.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct HttpRequest {
  std::string url;
  bool post = true;
  std::string_view body = {};  // lives until the exchange is over
  std::vector<std::string> headers = {};
  std::string user = {};  // empty: no basic authentication
  std::string password = {};
  std::string ca_file = {};  // of https; empty: the system's
  bool insecure = false;     // of https: any certificate will do
  DurationNs timeout = 10 * ns_per_s;
  std::size_t answer_bytes_max = 64 * 1024;  // what is beyond is passed over
};

struct HttpAnswer {
  int status = 0;            // 0: there was no answer
  std::string body = {};     // as much of it as was wanted
  std::string failure = {};  // why there was none ("connection refused")
  DurationNs retry_after = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual HttpAnswer exchange(const HttpRequest& request) = 0;
};

// An answer that goes on and on: what comes with status 200 goes to `take` as it comes, until that
// says false or the server is done; of any other the answer has the body. Without a time limit but
// for the connection: what the request says of one has no effect.
HttpAnswer follow(const HttpRequest& request, const std::function<bool(std::string_view)>& take);

// Over libcurl. Belongs to one thread at a time.
std::unique_ptr<HttpTransport> make_http_client();

// RFC 3986: everything but unreserved characters as %XX.
std::string percent_encode(std::string_view text);

// gzip at its fastest level (RFC 1952).
std::string gzip(std::string_view text);

}  // namespace dnstorm::operators
