// dnstorm generate: seeded DNS traffic into a capture or a dnstap file, true counts beside it.
#pragma once

#include <CLI/App.hpp>
#include <functional>

namespace dnstorm::cli {

// Adds the subcommand; its callback sets `chosen` to the run, which returns the exit code.
void add_generate_command(CLI::App& app, std::function<int()>& chosen);

}  // namespace dnstorm::cli
