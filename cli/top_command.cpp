// dnstorm top: what a cluster, or a run, does now; live in the terminal.
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/cluster_verb.hpp"
#include "cli/run_address.hpp"
#include "cli/stop_signal.hpp"
#include "cli/top.hpp"
#include "cli/top_screen.hpp"

namespace dnstorm::cli {

namespace {

struct TopArgs : ClusterArgs {
  std::string run;  // board of one; "": a cluster
  double interval_s = 1;
  TopView view;
  bool once = false;
  bool json = false;
};

// What is asked, again and again, for what is shown of it.
using Look = std::function<Result<TopPage>(const TopView&)>;

// What tasks and edges do is asked for where somebody looks at it, a topology at a time.
Result<TopPage> look_at_cluster(ClusterClient& client, bool closely) {
  const Json topologies = DNSTORM_TRY(client.get("/topology/summary"));
  const Json nodes = DNSTORM_TRY(client.get("/supervisor/summary"));
  std::vector<Json> pages, boards;
  for (const Json& topology : topologies.at("topologies")) {
    const auto id = topology.at("id").get<std::string>();
    auto page = client.get(topology_path(id) + "?window=10");
    // It may have ended between two answers.
    if (page.ok())
      pages.push_back(std::move(*page));
    else if (page.error().subject != "NotAliveException")
      return std::move(page.error());
    if (!closely) continue;
    auto board = client.get_of_board("/api/topology?topology=" + operators::percent_encode(id));
    if (board.ok()) boards.push_back(std::move(*board));
  }
  return top_of_cluster(topologies, nodes, pages, boards);
}

Result<Json> ask_run(const std::string& address, const char* path,
                     operators::HttpTransport& transport) {
  operators::HttpRequest request;
  request.post = false;
  request.url = base_url(address) + path;
  request.answer_bytes_max = 16 * 1024 * 1024;
  const operators::HttpAnswer answer = transport.exchange(request);
  if (answer.status == 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("top: {} does not answer ({}): is there a run with --board?",
                             base_url(address), answer.failure),
                 ""};
  Json json = Json::parse(answer.body, nullptr, false);
  if (answer.status != 200 || !json.is_object())
    return Error{ErrorKind::unavailable, "top: what answers there is not the board of a run", ""};
  return json;
}

// Walls are large: they are asked for where somebody looks at them.
Result<TopPage> look_at_run(const std::string& address, bool walls,
                            operators::HttpTransport& transport) {
  const Json topology = DNSTORM_TRY(ask_run(address, "/api/topology", transport));
  const Json honesty = DNSTORM_TRY(ask_run(address, "/api/honesty", transport));
  Json snapshot;
  if (walls) snapshot = DNSTORM_TRY(ask_run(address, "/api/snapshot", transport));
  return top_of_run(topology, honesty, snapshot);
}

Result<TopPage> look_safely(const Look& look, const TopView& view) {
  try {
    return look(view);
  } catch (const Json::exception&) {
    return Error{ErrorKind::unavailable,
                 "top: the answer is not understood: is it of another version?", ""};
  }
}

int show_once(const Look& look, const TopArgs& args) {
  auto page = look_safely(look, args.view);
  if (!page.ok()) return fail(page.error());
  fmt::print("{}", args.json ? pretty(*page) : top_text(*page, args.view));
  return 0;
}

// Who does not answer for a while is waited for: coordinators change.
int show_live(const Look& look, const TopArgs& args) {
  auto first = look_safely(look, args.view);
  if (!first.ok()) return fail(first.error());
  watch_stop_signals();
  auto screen = TopScreen::open();
  if (!screen.ok()) return fail(screen.error());
  TopView view = args.view;
  TopPage page = std::move(*first);
  std::string failure;
  do {
    screen->show(top_text(page, view), failure.empty() ? view.help() : failure);
    const char key = screen->wait(static_cast<int>(args.interval_s * 1000));
    if (key == 'q') return 0;
    const TopTab before = view.tab;
    if (key != 0 || view.paused) {
      view.press(key);
      // What is there is shown otherwise, at once; what only who looks at it asks for is not there.
      const bool asked_for = view.tab == TopTab::walls || view.of_cluster;
      if (view.tab == before || !asked_for || view.paused) continue;
    }
    auto next = look_safely(look, view);
    failure = next.ok() ? "" : next.error().what;
    if (next.ok()) page = std::move(*next);
  } while (!stop_requested());
  return 0;
}

int top(TopArgs args) {
  args.view.of_cluster = args.run.empty();
  const bool once = args.once || args.json || isatty(STDOUT_FILENO) == 0;
  auto show = [&](const Look& look) {
    return once ? show_once(look, args) : show_live(look, args);
  };
  if (!args.run.empty()) {
    auto transport = operators::make_http_client();
    return show([&](const TopView& view) {
      return look_at_run(args.run, args.json || view.tab == TopTab::walls, *transport);
    });
  }
  auto client = ClusterClient::make(args);
  if (!client.ok()) return fail(client.error());
  return show([&](const TopView& view) {
    return look_at_cluster(*client,
                           args.json || view.tab == TopTab::tasks || view.tab == TopTab::edges);
  });
}

}  // namespace

void add_top_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<TopArgs>();
  CLI::App* command =
      app.add_subcommand("top", "Show what a cluster or a run does now, live in the terminal");
  command->add_option("run", args->run,
                      "Board of a run: URL, HOST:PORT or PORT; otherwise the cluster of --to");
  command->add_option("--interval", args->interval_s, "Seconds between two looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  command
      ->add_option("--show", args->view.tab,
                   "Table that is shown: components, tasks, edges or walls")
      ->transform(
          CLI::CheckedTransformer(std::map<std::string, TopTab>{{"components", TopTab::components},
                                                                {"tasks", TopTab::tasks},
                                                                {"edges", TopTab::edges},
                                                                {"walls", TopTab::walls}}))
      ->type_name("TABLE");
  command->add_flag("--once", args->once, "Print it once, as plain text");
  command->add_flag("--json", args->json, "Print it once, as JSON");
  command->footer(
      "Rates are of the last seconds. Without a terminal it is printed once.\n"
      "Keys: c components, t tasks, e edges, w walls and the next wall, 1 to 9 a wall, s the next "
      "column to sort by, r reverse, j and k scroll, p pause, q end.\n"
      "Examples:\n  dnstorm top --to collector:7371\n  dnstorm top 8353 --once");
  add_cluster_options(*command, *args);
  command->callback([args, &chosen] { chosen = [args] { return top(*args); }; });
}

}  // namespace dnstorm::cli
