// dnstorm dsc import: a topology of a configuration of DSC.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/app.hpp"
#include "cli/dsc_import.hpp"

namespace dnstorm::cli {

namespace {

struct DscArgs {
  std::string config;
  std::string output = "-";
  bool exact = false;
};

Result<void> import_file(const DscArgs& args) {
  std::ifstream file(args.config);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", args.config, std::strerror(errno)), ""};
  std::ostringstream text;
  text << file.rdbuf();
  DscImport import = DNSTORM_TRY(import_dsc(text.str(), args.config, args.exact));
  for (const std::string& note : import.notes) fmt::print(stderr, "{}\n", note);
  if (args.output == "-") {
    fmt::print("{}", import.topology);
    return {};
  }
  std::ofstream out(args.output);
  out << import.topology << std::flush;
  if (out) return {};
  return Error{ErrorKind::io,
               fmt::format("{}: cannot be written: {}", args.output, std::strerror(errno)), ""};
}

}  // namespace

void add_dsc_command(CLI::App& app, Chosen& chosen) {
  CLI::App* dsc = app.add_subcommand("dsc", "Take over from DSC, DNS-OARC's statistics collector");
  dsc->require_subcommand(1);
  auto args = std::make_shared<DscArgs>();
  CLI::App* import = dsc->add_subcommand("import", "Make a topology of a configuration of DSC");
  import->add_option("config", args->config, "The configuration, as /etc/dsc/dsc.conf")
      ->required()
      ->type_name("FILE");
  import
      ->add_option("-o,--output", args->output,
                   "The topology to write; - for standard output (default)")
      ->type_name("FILE");
  import->add_flag("--exact", args->exact,
                   "Count with the defects of DSC, so that an old series goes on");
  import->footer(
      "What has no counterpart is told on standard error, a line each.\n"
      "Examples:\n"
      "  dnstorm dsc import /etc/dsc/dsc.conf -o dsc.yaml\n"
      "  dnstorm run dsc.yaml");
  import->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = import_file(*args);
  return done.ok() ? 0 : fail(done.error());
};
}  // namespace dnstorm::cli
);
}

}  // namespace dnstorm::cli
