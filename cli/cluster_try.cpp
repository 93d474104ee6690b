// dnstorm cluster try: a coordinator and some nodes on this machine, for looking around.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "cli/app.hpp"
#include "cli/stop_signal.hpp"

namespace dnstorm::cli {

namespace {

namespace fs = std::filesystem;

struct TryArgs {
  std::uint32_t nodes = 3;
  std::uint16_t port = 7371;
  std::string folder;
};

// Processes that end with this one.
class Children {
 public:
  ~Children() {
    for (pid_t pid : pids_) ::kill(pid, SIGTERM);
    for (pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }

  Result<void> start(std::vector<std::string> arguments, const std::string& log) {
    arguments.insert(arguments.begin(), "dnstorm");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_t parent = ::getpid();
    pid_t pid = ::fork();
    if (pid < 0) return Error{ErrorKind::io, "no process can be started", {}};
    if (pid == 0) {
      // Ctrl-C at the terminal is for the parent alone: it ends the others in their order.
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() == parent && std::freopen(log.c_str(), "a", stderr) != nullptr)
        ::execv("/proc/self/exe", argv.data());
      ::_exit(127);
    }
    pids_.push_back(pid);
    return {};
  }
  // One that has ended of its own accord.
  bool one_is_gone() {
    for (pid_t pid : pids_)
      if (::waitpid(pid, nullptr, WNOHANG) == pid) return true;
    return false;
  }

 private:
  std::vector<pid_t> pids_;
};

Result<std::string> make_folder(const TryArgs& args) {
  if (args.folder.empty()) {
    std::string pattern = (fs::temp_directory_path() / "dnstorm-try-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      return Error{ErrorKind::io, pattern + ": no folder can be made", {}};
    return pattern;
  }
  std::error_code code;
  fs::create_directories(args.folder, code);
  if (code) return Error{ErrorKind::io, args.folder + ": " + code.message(), "folder"};
  return fs::absolute(args.folder).string();
}

Result<void> start_all(const TryArgs& args, const std::string& folder, Children& children) {
  std::string config = folder + "/cluster.yaml";
  std::ofstream(config) << fmt::format(
      "cluster: try\ncoordinators: [\"tcp://127.0.0.1:{}\"]\napi: 127.0.0.1:{}\nstate: {}/state\n",
      args.port - 1, args.port, folder);
  DNSTORM_CHECK(children.start({"coordinator", "--config", config}, folder + "/coordinator.log"));
  for (std::uint32_t n = 1; n <= args.nodes; ++n) {
    std::string name = fmt::format("n{}", n);
    DNSTORM_CHECK(
        children.start({"node", "--config", config, "--name", name, "--folder", folder + "/" + name,
                        "--label", name, "--label", "capture", "--label", "centre"},
                       fmt::format("{}/{}.log", folder, name)));
  }
  return {};
}

Result<void> run_try(const TryArgs& args) {
  watch_stop_signals();
  std::string folder = DNSTORM_TRY(make_folder(args));
  Children children;
  DNSTORM_CHECK(start_all(args, folder, children));
  std::string to = fmt::format("127.0.0.1:{}", args.port);
  fmt::print(
      "A coordinator and {} nodes (n1 to n{}, labels capture and centre) run until Ctrl-C.\n"
      "Their files and logs: {}\n"
      "In another terminal:\n"
      "  dnstorm submit configs/topologies/quickstart.yaml --to {}\n"
      "  dnstorm status --to {}\n"
      "  dnstorm top --to {}\n",
      args.nodes, args.nodes, folder, to, to, to);
  std::fflush(stdout);
  while (!stop_requested()) {
    wait_for_stop(500);
    if (!stop_requested() && children.one_is_gone())
      return Error{ErrorKind::unavailable,
                   fmt::format("a part of the cluster has ended: see the logs in {}", folder),
                   {}};
  }
  return {};
}

int finish_try(const TryArgs& args) {
  auto done = run_try(args);
  return done.ok() ? 0 : fail(done.error());
}

}  // namespace

void add_cluster_command(CLI::App& app, Chosen& chosen) {
  CLI::App* cluster = app.add_subcommand("cluster", "A whole cluster on this machine");
  cluster->require_subcommand(1);
  auto args = std::make_shared<TryArgs>();
  CLI::App* command = cluster->add_subcommand(
      "try", "Start a coordinator and some nodes on this machine, until Ctrl-C");
  command->add_option("--nodes", args->nodes, "How many nodes")
      ->check(CLI::Range(1U, 32U))
      ->capture_default_str();
  command->add_option("--port", args->port, "Of the interface; nodes report to the one below")
      ->check(CLI::Range(2, 65535))
      ->capture_default_str();
  command->add_option("--folder", args->folder,
                      "Where their files go; a folder that was used before goes on (default: a "
                      "new one in /tmp)");
  command->footer("Example:\n  dnstorm cluster try --nodes 3");
  command->callback([args, &chosen] { chosen = [args] { return finish_try(*args); }; });
}

}  // namespace dnstorm::cli
