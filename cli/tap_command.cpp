// dnstorm tap: looks at the rows of a run that goes on, through its board's server, or of a
// topology of a cluster, through its coordinator.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "board/server/server.hpp"
#include "cli/app.hpp"
#include "cli/cluster_verb.hpp"
#include "cli/run_address.hpp"
#include "cli/tap.hpp"
#include "operators/sinks/http_client.hpp"

namespace dnstorm::cli {

namespace {

struct TapArgs {
  std::string address;  // of a run's board, or name of a topology
  ClusterArgs cluster;
  TapRequest request;
  std::uint64_t count = 0;  // rows; 0: until the end
  bool json = false;
};

std::string path_of(const TapRequest& request) {
  std::string path =
      fmt::format("/tap?edge={}&rate={}", operators::percent_encode(request.edge), request.rate);
  if (!request.where.empty()) path += "&where=" + operators::percent_encode(request.where);
  return path;
}

operators::HttpRequest request_of(const TapArgs& args) {
  operators::HttpRequest request;
  request.post = false;
  request.url = base_url(args.address) + path_of(args.request);
  if (std::string token = bearer_header("DNSTORM_TAP_TOKEN"); !token.empty())
    request.headers.push_back(std::move(token));
  return request;
}

// Lines to standard output, and whether more are wanted.
class Printer {
 public:
  explicit Printer(const TapArgs& args) : args_(args) {}

  bool take(std::string_view text) {
    rest_ += text;
    for (std::size_t end; more_ && (end = rest_.find('\n')) != std::string::npos;) {
      print(rest_.substr(0, end + 1));
      rest_.erase(0, end + 1);
    }
    return std::fflush(stdout) == 0 && more_;
  }

 private:
  void print(const std::string& line) {
    bool row = line.starts_with("{\"at\"");
    std::string text = args_.json ? line : tap_text(line);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) more_ = false;
    if (row && ++rows_ == args_.count) more_ = false;
  }

  const TapArgs& args_;
  std::string rest_;
  std::uint64_t rows_ = 0;
  bool more_ = true;
};

ErrorKind kind_of(int status) {
  if (status == 400) return ErrorKind::usage;
  return status == 401 || status == 403 ? ErrorKind::permission : ErrorKind::unavailable;
}

int tap_topology(const TapArgs& args) {
  Printer printer(args);
  auto client = ClusterClient::make(args.cluster);
  if (!client.ok()) return fail(client.error());
  auto done =
      client->follow(path_of(args.request) + "&topology=" + operators::percent_encode(args.address),
                     [&](std::string_view text) { return printer.take(text); });
  return done.ok() ? 0 : fail(done.error());
}

int tap(const TapArgs& args) {
  if (names_topology(args.address, args.cluster)) return tap_topology(args);
  Printer printer(args);
  operators::HttpRequest request = request_of(args);
  operators::HttpAnswer answer =
      operators::follow(request, [&](std::string_view text) { return printer.take(text); });
  if (answer.status == 200) return 0;
  if (answer.status == 0)
    return fail({ErrorKind::unavailable,
                 fmt::format("tap: {} does not answer ({}): is there a run with --board?",
                             base_url(args.address), answer.failure),
                 ""});
  std::string reason = answer.body.substr(0, answer.body.find('\n'));
  if (answer.status == 404) reason = "tap: what answers there is not the board of a run";
  return fail({kind_of(answer.status), reason, ""});
}

}  // namespace

void add_tap_options(CLI::App& command, TapRequest& request) {
  command.add_option("--where", request.where,
                     "Only rows that meet it, as in the operator filter: qtype == AAAA");
  command.add_option("--rate", request.rate, "Rows a second at most")
      ->check(CLI::Range(1U, tap_rate_max))
      ->capture_default_str();
}

void add_tap_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<TapArgs>();
  CLI::App* command = app.add_subcommand(
      "tap", "Show a sample of the rows that pass an edge of a run or a topology, live");
  command
      ->add_option("run", args->address,
                   "Board of a run: URL, HOST:PORT or PORT; or a topology of a cluster: name or id")
      ->required();
  command
      ->add_option("edge", args->request.edge,
                   "component[:stream] for what it emits, component[:stream]->other for what comes "
                   "to other")
      ->required();
  add_tap_options(*command, args->request);
  add_cluster_options(*command, args->cluster);
  command->add_option("--count", args->count, "End after so many rows");
  command->add_flag("--json", args->json, "Lines of JSON, as the server sends them");
  command->footer(
      "What has ':' or '/' in it or is a number is the board of a run, unless --to is given; all "
      "else is a topology of a cluster.\n"
      "A board that other machines reach wants the token that its run has in DNSTORM_TAP_TOKEN, "
      "a cluster the one in DNSTORM_TOKEN.\n"
      "Examples:\n"
      "  dnstorm tap 8353 decode:queries --where 'qtype == AAAA' --count 20\n"
      "  dnstorm tap mine decode:queries --to collector:7371");
  command->callback([args, &chosen] { chosen = [args] { return tap(*args); }; });
}

}  // namespace dnstorm::cli
