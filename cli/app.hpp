// The command line: verbs, help, exit codes. Wires the parts together and does nothing else.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "engine/base/result.hpp"

namespace dnstorm::cli {

int run_app(int argc, char** argv);

// A verb adds its subcommand to `app`; the callback of the chosen one sets `chosen`.
using Chosen = std::function<int()>;
void add_run_command(CLI::App& app, Chosen& chosen);
void add_board_command(CLI::App& app, Chosen& chosen);
void add_validate_command(CLI::App& app, Chosen& chosen);
void add_explain_command(CLI::App& app, Chosen& chosen);
void add_operators_command(CLI::App& app, Chosen& chosen);
void add_report_command(CLI::App& app, Chosen& chosen);
void add_advise_command(CLI::App& app, Chosen& chosen);
void add_spool_command(CLI::App& app, Chosen& chosen);
void add_test_command(CLI::App& app, Chosen& chosen);
void add_tap_command(CLI::App& app, Chosen& chosen);
void add_control_commands(CLI::App& app, Chosen& chosen);
void add_submit_command(CLI::App& app, Chosen& chosen);
void add_list_command(CLI::App& app, Chosen& chosen);
void add_status_command(CLI::App& app, Chosen& chosen);
void add_kill_command(CLI::App& app, Chosen& chosen);
void add_drain_command(CLI::App& app, Chosen& chosen);
void add_forget_command(CLI::App& app, Chosen& chosen);
void add_logs_command(CLI::App& app, Chosen& chosen);
void add_top_command(CLI::App& app, Chosen& chosen);
void add_convert_command(CLI::App& app, Chosen& chosen);
void add_dsc_command(CLI::App& app, Chosen& chosen);
void add_grafana_command(CLI::App& app, Chosen& chosen);
void add_coordinator_command(CLI::App& app, Chosen& chosen);
void add_node_command(CLI::App& app, Chosen& chosen);
void add_worker_command(CLI::App& app, Chosen& chosen);
void add_cluster_command(CLI::App& app, Chosen& chosen);
void add_keygen_command(CLI::App& app, Chosen& chosen);
void add_version_command(CLI::App& app, Chosen& chosen);
void add_completion_command(CLI::App& app, Chosen& chosen);

// The exit code of a failure, after sysexits.h; 0 is success.
int exit_code(ErrorKind kind);
// Prints "dnstorm: sentence" to standard error and returns the exit code.
int fail(const Error& error);

}  // namespace dnstorm::cli
