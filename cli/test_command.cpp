// dnstorm test: topologies on given rows, and whether the right ones come out.
#include <stdlib.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/app.hpp"
#include "cli/load.hpp"
#include "cli/testing/results.hpp"

namespace dnstorm::cli {

namespace {

struct TestArgs {
  std::vector<std::string> files;
  std::vector<std::string> plugins;
  std::string filter;
  std::string junit;
  std::uint32_t seeds = 0;
  bool json = false;
};

// For what runs write; gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "dnstorm-test-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }  // empty: there is none

 private:
  std::string path_;
};

// On a terminal only, and only where one would wonder.
class RunProgress {
 public:
  void show(const std::string& name, std::size_t run, std::size_t runs) {
    if (!enabled_ || clock_.steady_ns() - began_ < ns_per_s) return;
    fmt::print(stderr, "\r\033[K{}: run {} of {}", name, run + 1, runs);
    shown_ = true;
  }
  void next() {
    if (shown_) fmt::print(stderr, "\r\033[K");
    shown_ = false;
    began_ = clock_.steady_ns();
  }

 private:
  bool enabled_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  SystemClock clock_;
  TimeNs began_ = clock_.steady_ns();
};

topology::ReadResult read_topology(const topology::TestFile& file, OperatorRegistry& registry) {
  topology::Variables variables = file.variables;
  variables.environment = environment_variables();
  if (!file.text.empty())
    return with_plugins(topology::read_text(file.text, file.file, variables), registry);
  std::filesystem::path beside = std::filesystem::path(file.file).parent_path();
  std::string path = (beside / file.topology.text).lexically_normal();
  return with_plugins(topology::read_file(path, variables), registry);
}

FileResults run_file(const std::string& path, const TestArgs& args, const std::string& folder,
                     RunProgress& progress) {
  FileResults results{path, {}, {}};
  topology::TestFileResult read = topology::read_test_file(path);
  for (const topology::Diagnostic& problem : read.problems)
    results.problems.push_back(topology::to_string(path, problem));
  if (!read.ok()) return results;
  OperatorRegistry registry = builtin_registry();
  auto loaded = load_plugins(args.plugins, registry);
  if (!loaded.ok()) {
    results.problems.push_back(loaded.error().what);
    return results;
  }
  topology::ReadResult topology = read_topology(read.tests, registry);
  if (topology.kind == ErrorKind::no_input) {
    std::string what = topology::to_string(topology.topology.file, topology.problems.front());
    results.problems.push_back(topology::to_string(path, {read.tests.topology.place, what}));
    return results;
  }
  TestSetup setup{&read.tests, &topology, &registry, folder, args.seeds, {}};
  setup.progress = [&](const std::string& name, std::size_t run, std::size_t runs) {
    progress.show(name, run, runs);
  };
  for (const topology::TestCase& test : read.tests.cases) {
    if (test.name.find(args.filter) == std::string::npos) continue;
    progress.next();
    results.tests.push_back(run_case(test, setup));
    progress.next();
    if (!args.json) fmt::print("{}", result_text(results.tests.back()));
    std::fflush(stdout);
  }
  return results;
}

int run_tests(const TestArgs& args) {
  Folder folder;
  if (folder.path().empty())
    return fail({ErrorKind::io, "no folder can be made in TMPDIR or /tmp", ""});
  RunProgress progress;
  std::vector<FileResults> all;
  for (const std::string& file : args.files) {
    if (!args.json && args.files.size() > 1) fmt::print("{}\n", file);
    all.push_back(run_file(file, args, folder.path(), progress));
    for (const std::string& problem : all.back().problems)
      fmt::print(stderr, "dnstorm: {}\n", problem);
  }
  std::size_t tests = 0;
  for (const FileResults& file : all) tests += file.tests.size();
  int code = results_code(all);
  if (tests == 0 && code == 0) {
    fmt::print(stderr, "dnstorm: no test has '{}' in its name\n", args.filter);
    return 2;
  }
  fmt::print("{}", args.json ? results_json(all) : summary_text(all));
  if (args.junit.empty()) return code;
  std::ofstream out(args.junit, std::ios::binary);
  out << junit_xml(all);
  out.close();
  if (out) return code;
  return fail({ErrorKind::io,
               fmt::format("{}: cannot be written: {}", args.junit, std::strerror(errno)), ""});
}

}  // namespace

void add_test_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<TestArgs>();
  CLI::App* command = app.add_subcommand(
      "test", "Run topologies on given rows and compare what comes out (docs/testing.md)");
  command->add_option("files", args->files, "Test files (YAML)")->required();
  command->add_option("--filter", args->filter, "Only tests with this text in their name")
      ->type_name("TEXT");
  command
      ->add_option("--seeds", args->seeds,
                   "Interleavings to run each test under, instead of what the file says")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--junit", args->junit, "Write the results as JUnit XML")->type_name("FILE");
  command->add_flag("--json", args->json, "Print the results as JSON instead of lines");
  add_plugin_option(*command, args->plugins);
  command->footer(
      "Exit codes: 0 all passed, 1 a test failed, 2 a test file is wrong.\n"
      "Example:\n  dnstorm test configs/tests/word_count.yaml --filter words");
  command->callback([args, &chosen] { chosen = [args] { return run_tests(*args); }; });
}

}  // namespace dnstorm::cli
