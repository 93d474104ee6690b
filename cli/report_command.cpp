// dnstorm report: one capture or a folder of them, one run of the report topology, one page.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/accounting.hpp"
#include "cli/app.hpp"
#include "cli/collect.hpp"
#include "cli/load.hpp"
#include "cli/progress.hpp"
#include "cli/report.hpp"
#include "cli/stop_signal.hpp"

extern const char* const report_topology_yaml;  // configs/topologies/report.yaml

namespace dnstorm::cli {

namespace {

struct ReportArgs {
  std::string file;
  std::string pattern;
  std::string ports;
  std::string filter;
  bool json = false;
  std::uint32_t parallelism = 0;
};

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

// A value inside double quotes of YAML.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

LoadOptions load_options(const ReportArgs& args) {
  LoadOptions load;
  load.parallelism = args.parallelism;
  load.set.push_back("packets.file=" + quoted(args.file));
  if (is_folder(args.file)) load.set.push_back("packets.damaged=leave");
  if (!args.pattern.empty()) load.set.push_back("packets.pattern=" + quoted(args.pattern));
  if (!args.ports.empty()) load.set.push_back("dns.ports=[" + args.ports + "]");
  if (!args.filter.empty()) load.set.push_back("packets.filter=" + quoted(args.filter));
  return load;
}

int report(const ReportArgs& args) {
  watch_stop_signals();
  auto tables = std::make_shared<Tables>();
  OperatorRegistry registry = builtin_registry();
  registry.add(collect_operator(tables));
  auto plan = load_plan_text(report_topology_yaml, "report", load_options(args), registry);
  if (!plan.ok()) return fail(plan.error());
  auto run = runtime::LocalRun::start(*plan, {});
  if (!run.ok()) return fail(run.error());
  SystemClock clock;
  Progress progress(true);
  bool stopping = false;
  while (!(*run)->wait_for(std::chrono::milliseconds(200))) {
    runtime::RunStatus status = (*run)->status();
    progress.show(account(*plan, status), status, clock.steady_ns());
    if (stop_requested() && !std::exchange(stopping, true)) (*run)->request_stop();
  }
  auto result = (*run)->wait();
  progress.clear();
  runtime::RunStatus status = (*run)->status();
  board::Honesty honesty = account(*plan, status);
  check_conservation(*plan, honesty);
  Report report = make_report(args.file, honesty, *tables);
  // A file of another content type has frames and no message.
  report.dnstap = report.dnstap || status.total("malformed.dnstap_content_type") != 0;
  report.first_ns = static_cast<std::int64_t>(status.total("first_packet_ns"));
  report.last_ns = static_cast<std::int64_t>(status.total("last_packet_ns"));
  for (const runtime::TaskStatus& task : status.tasks)
    for (const NamedValue& counter : task.counters)
      if (counter.value != 0 &&
          (counter.name.starts_with("parsed.") || counter.name.starts_with("tcp.") ||
           counter.name.starts_with("fragments.")))
        report.streams[counter.name] += counter.value;
  if (is_folder(args.file)) {
    report.files = status.total("files_total");
    report.files_damaged = status.total("files_damaged");
  }
  fmt::print("{}", args.json ? report_json(report) : report_text(report));
  // What could be read has been told; what was wrong with the file comes last.
  if (!result.ok()) return fail(result.error());
  if (report.files_damaged == 0) return 0;
  return fail({ErrorKind::data,
               fmt::format("{}: {} of {} files are damaged or hold no packets; they count up to "
                           "where they could be read",
                           args.file, report.files_damaged, report.files),
               {}});
}

}  // namespace

void add_report_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<ReportArgs>();
  CLI::App* command = app.add_subcommand(
      "report", "Say what is in a capture or a folder: counts, names, clients, response times");
  command
      ->add_option("file", args->file,
                   "Capture (pcap, pcapng), dnstap, C-DNS or JSON lines file; plain, gzip, zstd, "
                   "xz; -: standard input. Of a folder all files at any depth, merged by time")
      ->required();
  command->add_option("--pattern", args->pattern,
                      "Which files of a folder: '*.pcap.zst', or '2026/*/*.fstrm' below it");
  command->add_flag("--json", args->json, "One JSON object");
  command->add_option("--port", args->ports,
                      "UDP and TCP ports that carry DNS, comma separated (default 53)");
  command->add_option("--filter", args->filter,
                      "BPF filter; what it keeps out is counted as filtered");
  command->add_option("--parallelism", args->parallelism,
                      "Executors of every component that may have several");
  command->footer(
      "Examples:\n"
      "  dnstorm report capture.pcap.gz\n"
      "  dnstorm report /lake/2026/11 --pattern '*.pcap.zst'");
  command->callback([args, &chosen] { chosen = [args] { return report(*args); }; });
}

}  // namespace dnstorm::cli
