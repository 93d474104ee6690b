// One exchange of an HTTP interface for programs, as values: what a server has understood of a
// request, and what it shall answer. Keeps those who serve and those who answer apart: neither
// knows the other.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dnstorm {

struct ApiRequest {
  std::string method;                                      // "GET", "POST", ...
  std::string path;                                        // behind the server's prefix, decoded
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in their order
  std::string body;
  std::string content_type;
  std::string token;        // of Authorization: Bearer; "": none
  bool loopback = false;    // the server is reached from its own machine only
  bool deliberate = false;  // carries a header that pages of other sites cannot send unasked

  // The first of that name; "": there is none.
  std::string_view argument(std::string_view name) const {
    for (const auto& [key, value] : query)
      if (key == name) return value;
    return {};
  }
};

struct ApiAnswer {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides those of all answers
};

// Takes as long for a wrong text as for the right one.
inline bool same_secret(std::string_view given, std::string_view wanted) {
  if (given.size() != wanted.size()) return false;
  unsigned char differs = 0;
  for (std::size_t i = 0; i < given.size(); ++i)
    differs = static_cast<unsigned char>(differs | (given[i] ^ wanted[i]));
  return differs == 0;
}

}  // namespace dnstorm
