#include "cli/cluster_client.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "board/server/server.hpp"

namespace dnstorm::cli {

namespace {

constexpr const char* default_address = "127.0.0.1:7371";
constexpr const char* default_port = "7371";
constexpr std::size_t answer_bytes_max = 64 * 1024 * 1024;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Result<std::string> read_token(const std::string& path) {
  if (path.empty()) return environment("DNSTORM_TOKEN");
  std::ifstream in(path);
  std::string token;
  if (!in || !std::getline(in, token) || token.empty())
    return Error{ErrorKind::no_input, fmt::format("{}: there is no token in it", path), ""};
  if (token.ends_with('\r')) token.pop_back();
  return token;
}

ErrorKind kind_of(int status, const std::string& problem) {
  if (problem == "InvalidTopologyException") return ErrorKind::config;
  if (status == 401 || status == 403) return ErrorKind::permission;
  if (status >= 500) return ErrorKind::unavailable;
  return ErrorKind::usage;
}

// An answer that is none of the interface's is told by nothing but its status.
Error error_of(const std::string& url, const operators::HttpAnswer& answer, const Json& json) {
  if (!json.is_object() || !json.contains("errorMessage") || !json["errorMessage"].is_string())
    return {ErrorKind::unavailable,
            fmt::format("what answers at {} is no coordinator of a cluster (HTTP {})", url,
                        answer.status),
            ""};
  const std::string problem = json.value("error", std::string());
  std::string sentence = json["errorMessage"].get<std::string>();
  if (answer.status == 401) sentence += ": set DNSTORM_TOKEN or give --token-file";
  return {kind_of(answer.status, problem), std::move(sentence), problem};
}

}  // namespace

std::vector<std::string> coordinator_urls(const std::string& addresses, bool secure) {
  std::vector<std::string> urls;
  for (std::size_t at = 0; at <= addresses.size();) {
    std::size_t end = std::min(addresses.find(',', at), addresses.size());
    std::string address = addresses.substr(at, end - at);
    at = end + 1;
    while (address.ends_with('/')) address.pop_back();
    if (address.empty()) continue;
    std::size_t host = address.find("://");
    if (host == std::string::npos) {
      if (address.find_first_not_of("0123456789") == std::string::npos)
        address = "127.0.0.1:" + address;
      address = (secure ? "https://" : "http://") + address;
      host = address.find("://");
    }
    std::size_t bracket = address.find(']', host + 3);
    if (address.find(':', bracket == std::string::npos ? host + 3 : bracket) == std::string::npos)
      address += fmt::format(":{}", default_port);
    urls.push_back(std::move(address));
  }
  return urls;
}

void add_cluster_options(CLI::App& command, ClusterArgs& args) {
  command.add_option("--to", args.to,
                     "Coordinators: HOST:PORT or URLs, several with commas; otherwise "
                     "DNSTORM_COORDINATOR, else 127.0.0.1:7371");
  command.add_option("--token-file", args.token_file,
                     "File with the token that changes want; otherwise DNSTORM_TOKEN");
  command.add_option("--ca-file", args.ca_file,
                     "HTTPS, with a certificate signed by one in this file (PEM)");
  command.add_flag("--insecure", args.insecure, "HTTPS with whatever certificate there is");
}

Result<ClusterClient> ClusterClient::make(const ClusterArgs& args) {
  std::string addresses = args.to.empty() ? environment("DNSTORM_COORDINATOR") : args.to;
  if (addresses.empty()) addresses = default_address;
  Options options;
  options.urls = coordinator_urls(addresses, args.insecure || !args.ca_file.empty());
  if (options.urls.empty())
    return Error{ErrorKind::usage, fmt::format("'{}' is no address of a coordinator", addresses),
                 ""};
  options.token = DNSTORM_TRY(read_token(args.token_file));
  options.ca_file = args.ca_file;
  options.insecure = args.insecure;
  return ClusterClient(std::move(options), operators::make_http_client());
}

ClusterClient::ClusterClient(Options options, std::unique_ptr<operators::HttpTransport> transport)
    : options_(std::move(options)), transport_(std::move(transport)) {}

Result<Json> ClusterClient::get(const std::string& path) { return ask(path, false, ""); }

Result<Json> ClusterClient::get_of_board(const std::string& path) { return ask(request(), path); }

Result<Json> ClusterClient::post(const std::string& path, const Json& body) {
  return ask(path, true, body.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<void> ClusterClient::follow(const std::string& path,
                                   const std::function<bool(std::string_view)>& take) {
  operators::HttpAnswer answer;
  auto done = exchange(request(), path, [&](const operators::HttpRequest& request) {
    return answer = operators::follow(request, take);
  });
  if (done.ok()) return {};
  // What opens a tap answers with a sentence, where the interface for programs has JSON.
  if (!answer.body.starts_with("tap: ")) return std::move(done.error());
  return Error{kind_of(answer.status, ""), answer.body.substr(0, answer.body.find('\n')), ""};
}

Result<Json> ClusterClient::ask(const std::string& path, bool post, const std::string& body) {
  operators::HttpRequest asked = request();
  asked.post = post;
  asked.body = body;
  // A checkpoint may have to be written before something is done.
  if (post) asked.timeout = 120 * ns_per_s;
  if (post) asked.headers.push_back("Content-Type: application/json");
  return ask(std::move(asked), "/api/v1" + path);
}

Result<Json> ClusterClient::ask(operators::HttpRequest request, const std::string& path) {
  auto answer =
      DNSTORM_TRY(exchange(std::move(request), path, [&](const operators::HttpRequest& asked) {
        return transport_->exchange(asked);
      }));
  Json json = Json::parse(answer.body, nullptr, false);
  if (json.is_discarded()) return error_of(options_.urls[0], answer, json);
  return json;
}

operators::HttpRequest ClusterClient::request() const {
  operators::HttpRequest request;
  request.post = false;
  request.ca_file = options_.ca_file;
  request.insecure = options_.insecure;
  request.answer_bytes_max = answer_bytes_max;
  request.headers.push_back(fmt::format("{}: 1", board::control_header));
  if (!options_.token.empty()) request.headers.push_back("Authorization: Bearer " + options_.token);
  return request;
}

Result<operators::HttpAnswer> ClusterClient::exchange(operators::HttpRequest request,
                                                      const std::string& path,
                                                      const Exchange& how) {
  std::string nobody;
  std::optional<Error> last;
  for (std::size_t i = 0; i < options_.urls.size(); ++i) {
    const std::string url = options_.urls[i];
    request.url = url + path;
    operators::HttpAnswer answer = how(request);
    if (answer.status == 0) {
      nobody +=
          fmt::format("{}{} does not answer ({})", nobody.empty() ? "" : "; ", url, answer.failure);
      continue;
    }
    if (answer.status == 200) {
      // It is asked first from now on.
      std::swap(options_.urls[0], options_.urls[i]);
      return answer;
    }
    last = error_of(url, answer, Json::parse(answer.body, nullptr, false));
    if (last->subject != "NimbusLeaderNotFoundException") return std::move(*last);
  }
  if (last) return std::move(*last);
  return Error{ErrorKind::unavailable, nobody + ": is there a coordinator, and is --to right?", ""};
}

}  // namespace dnstorm::cli
