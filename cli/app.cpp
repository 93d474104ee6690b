#include "cli/app.hpp"

#include <sysexits.h>

#include <CLI/CLI.hpp>

#include "cli/generate.hpp"

namespace dnstorm::cli {

int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return EX_USAGE;
    case ErrorKind::data:
      return EX_DATAERR;
    case ErrorKind::no_input:
      return EX_NOINPUT;
    case ErrorKind::unavailable:
      return EX_UNAVAILABLE;
    case ErrorKind::internal:
      return EX_SOFTWARE;
    case ErrorKind::io:
      return EX_IOERR;
    case ErrorKind::permission:
      return EX_NOPERM;
    case ErrorKind::config:
      return EX_CONFIG;
  }
  return EX_SOFTWARE;
}

int fail(const Error& error) {
  fmt::print(stderr, "dnstorm: {}\n", error.what);
  return exit_code(error.kind);
}

int run_app(int argc, char** argv) {
  CLI::App app{"dnstorm turns DNS packets into live boards, time series and alerts", "dnstorm"};
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  dnstorm report capture.pcap              what is in a capture\n"
      "  dnstorm run topology.yaml --board 8353   run a topology and serve the live board\n"
      "  dnstorm COMMAND --help                   more about a command\n"
      "Exit codes: 0 all well, 64 wrong usage, 65 damaged input, 66 input not there,\n"
      "  69 a service does not answer, 74 reading or writing failed, 77 not allowed, 78 wrong "
      "topology");
  Chosen chosen;
  add_run_command(app, chosen);
  add_board_command(app, chosen);
  add_report_command(app, chosen);
  add_advise_command(app, chosen);
  add_tap_command(app, chosen);
  add_control_commands(app, chosen);
  add_submit_command(app, chosen);
  add_list_command(app, chosen);
  add_status_command(app, chosen);
  add_kill_command(app, chosen);
  add_drain_command(app, chosen);
  add_forget_command(app, chosen);
  add_logs_command(app, chosen);
  add_top_command(app, chosen);
  add_validate_command(app, chosen);
  add_explain_command(app, chosen);
  add_operators_command(app, chosen);
  add_test_command(app, chosen);
  add_spool_command(app, chosen);
  add_generate_command(app, chosen);
  add_convert_command(app, chosen);
  add_dsc_command(app, chosen);
  add_grafana_command(app, chosen);
  add_coordinator_command(app, chosen);
  add_node_command(app, chosen);
  add_worker_command(app, chosen);
  add_cluster_command(app, chosen);
  add_keygen_command(app, chosen);
  add_version_command(app, chosen);
  add_completion_command(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    int code = app.exit(problem);
    return code == 0 ? 0 : EX_USAGE;
  }
  return chosen();
}

}  // namespace dnstorm::cli
