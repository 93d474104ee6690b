// Requests of the cluster's interface: METHOD PATH?QUERY, a line with the token, and the body, out
// of one text. Whatever comes in, the answer is valid JSON with a status that fits, and nothing is
// done without the token.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/unit/cluster/control/fake_target.hpp"

using namespace dnstorm;
using namespace dnstorm::cluster;

namespace {

constexpr const char* token = "secret";

std::string_view cut(std::string_view& text, char at) {
  std::string_view head = text.substr(0, text.find(at));
  text.remove_prefix(std::min(head.size() + 1, text.size()));
  return head;
}

ApiRequest request_of(std::string_view text) {
  ApiRequest request;
  std::string_view line = cut(text, '\n');
  request.method = cut(line, ' ');
  std::string_view query = line;
  request.path = cut(query, '?');
  while (!query.empty()) {
    std::string_view argument = cut(query, '&'), value = argument;
    std::string_view name = cut(value, '=');
    request.query.emplace_back(name, value);
  }
  request.token = cut(text, '\n');
  request.body = text;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FakeTarget target;
  Control control({"0.1.0", {token}, {}}, target);
  ApiRequest request = request_of({reinterpret_cast<const char*>(data), size});
  // A worker's numbers are bytes from outside, too.
  control.take(fake_news(10), fake_start);
  control.take({"a", "live-1-1700000000", 1, "stats", request.body}, fake_start + ns_per_s);
  ApiAnswer answer = control.answer(request);
  DNSTORM_ASSERT(answer.type == "application/yaml" || nlohmann::json::accept(answer.body),
                 "an answer is JSON", answer.body);
  DNSTORM_ASSERT(answer.status == 200 || (answer.status >= 400 && answer.status < 500),
                 "nothing from outside is an error of ours", answer.status, answer.body);
  DNSTORM_ASSERT(target.told.empty() || request.token == token,
                 "nothing is done without the token");
  return 0;
}
