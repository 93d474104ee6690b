// Asks the coordinators of a cluster, through their HTTP interface (docs/cluster-api.md).
//
//   auto client = DNSTORM_TRY(ClusterClient::make(args));
//   Json page = DNSTORM_TRY(client.get("/topology/summary"));
//
// Several addresses are tried in turn until one answers that leads. One thread.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/sinks/http_client.hpp"

namespace CLI {
class App;
}

namespace dnstorm::cli {

using Json = nlohmann::ordered_json;

// How a cluster is found, on a command line.
struct ClusterArgs {
  std::string to;  // "": DNSTORM_COORDINATOR, else this machine
  std::string token_file;
  std::string ca_file;
  bool insecure = false;
};
void add_cluster_options(CLI::App& command, ClusterArgs& args);

// "one,two:7371,https://three" -> the beginnings of URLs; what has no port gets the coordinators'.
std::vector<std::string> coordinator_urls(const std::string& addresses, bool secure);

class ClusterClient {
 public:
  struct Options {
    std::vector<std::string> urls;  // at least one
    std::string token;              // "": none
    std::string ca_file;
    bool insecure = false;
  };

  // Fails with kind `usage`, or `no_input` if there is no such token file.
  static Result<ClusterClient> make(const ClusterArgs& args);
  ClusterClient(Options options, std::unique_ptr<operators::HttpTransport> transport);

  // `path`: below /api/v1, its parts percent_encode()d. An error is one sentence: `unavailable` if
  // nobody answers or nobody leads, `permission` if the token is missing or wrong, `usage` or
  // `config` if the request does not fit.
  Result<Json> get(const std::string& path);
  // The same of what a page of the board is told, below no prefix (board/README.md). Of the
  // coordinator that answered last.
  Result<Json> get_of_board(const std::string& path);
  Result<Json> post(const std::string& path, const Json& body = Json::object());
  // What goes on and on, below no prefix: to `take` as it comes, until that says false or the
  // coordinator ends it.
  Result<void> follow(const std::string& path, const std::function<bool(std::string_view)>& take);

 private:
  using Exchange = std::function<operators::HttpAnswer(const operators::HttpRequest&)>;

  Result<Json> ask(const std::string& path, bool post, const std::string& body);
  Result<Json> ask(operators::HttpRequest request, const std::string& path);
  operators::HttpRequest request() const;
  // With each coordinator in turn, until one leads: the answer, of status 200.
  Result<operators::HttpAnswer> exchange(operators::HttpRequest request, const std::string& path,
                                         const Exchange& how);

  Options options_;
  std::unique_ptr<operators::HttpTransport> transport_;
};

}  // namespace dnstorm::cli
