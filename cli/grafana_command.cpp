// dnstorm grafana: data source and boards for Grafana, of a list of panels.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "cli/app.hpp"
#include "cli/grafana/board_json.hpp"
#include "cli/grafana/panel_file.hpp"
#include "cli/grafana/provisioning.hpp"

extern const char* const grafana_panels_yaml;  // configs/grafana/panels.yaml

namespace dnstorm::cli {

namespace {

namespace fs = std::filesystem;

struct GrafanaArgs {
  std::string panels;
  std::string out;
  std::string language = "influxql";
  std::string boards_folder;
  grafana::Source source;
};

Result<void> check(const GrafanaArgs& args) {
  const grafana::Source& source = args.source;
  auto usage = [](const char* what) { return Error{ErrorKind::usage, what, ""}; };
  if (source.language == grafana::Language::influxql) {
    if (source.database.empty()) return usage("InfluxQL needs --database");
    if (!source.org.empty() || !source.bucket.empty())
      return usage("--org and --bucket are for --language flux");
  } else {
    if (source.bucket.empty() || source.org.empty()) return usage("Flux needs --org and --bucket");
    if (!source.database.empty() || !source.user.empty())
      return usage("--database and --user are for --language influxql");
  }
  return {};
}

Result<std::string> panels_text(const std::string& path) {
  if (path.empty()) return std::string(grafana_panels_yaml);
  std::ifstream file(path);
  if (!file)
    return Error{ErrorKind::no_input,
                 fmt::format("{}: cannot be read: {}", path, std::strerror(errno)), ""};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<void> write(const fs::path& path, const std::string& text) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  if (!failed) {
    std::ofstream out(path);
    out << text << std::flush;
    if (out) return {};
  }
  return Error{ErrorKind::io,
               fmt::format("{}: cannot be written: {}", path.string(),
                           failed ? failed.message() : std::strerror(errno)),
               ""};
}

Result<void> write_all(GrafanaArgs args) {
  args.source.language =
      args.language == "flux" ? grafana::Language::flux : grafana::Language::influxql;
  DNSTORM_CHECK(check(args));
  std::string text = DNSTORM_TRY(panels_text(args.panels));
  auto boards =
      DNSTORM_TRY(grafana::read_panels(text, args.panels.empty() ? "panels.yaml" : args.panels));
  fs::path out = fs::absolute(args.out);
  fs::path folder = args.boards_folder.empty() ? out / "dashboards" : fs::path(args.boards_folder);
  DNSTORM_CHECK(write(out / "provisioning" / "datasources" / "dnstorm.yaml",
                      grafana::datasource_yaml(args.source)));
  DNSTORM_CHECK(write(out / "provisioning" / "dashboards" / "dnstorm.yaml",
                      grafana::provider_yaml(folder.string())));
  for (const grafana::Board& board : boards)
    DNSTORM_CHECK(write(out / "dashboards" / (board.uid + ".json"),
                        grafana::board_json(board, args.source.language)));
  fmt::print("{}: {} boards; start Grafana with GF_PATHS_PROVISIONING={}\n", args.out,
             boards.size(), (out / "provisioning").string());
  return {};
}

void add_options(CLI::App& command, GrafanaArgs& args) {
  command.add_option("panels", args.panels, "List of panels, instead of the one that is built in")
      ->type_name("PANELS.yaml");
  command.add_option("--out", args.out, "Folder to write to; made if need be")
      ->required()
      ->type_name("DIR");
  command.add_option("--language", args.language, "influxql (default) or flux")
      ->check(CLI::IsMember({"influxql", "flux"}))
      ->type_name("LANGUAGE");
  command.add_option("--url", args.source.url,
                     "InfluxDB, as Grafana reaches it (default http://127.0.0.1:8086)");
  command.add_option("--database", args.source.database, "InfluxQL: the database");
  command.add_option("--user", args.source.user,
                     "InfluxQL: who asks; the password is $INFLUX_PASSWORD of Grafana");
  command.add_option("--org", args.source.org, "Flux: the organization");
  command.add_option("--bucket", args.source.bucket,
                     "Flux: the bucket; the token is $INFLUX_TOKEN of Grafana");
  command.add_option("--dashboards", args.boards_folder,
                     "Where Grafana will see the boards, if not in DIR/dashboards");
}

}  // namespace

void add_grafana_command(CLI::App& app, Chosen& chosen) {
  auto args = std::make_shared<GrafanaArgs>();
  CLI::App* command =
      app.add_subcommand("grafana", "Write data source and boards for Grafana over InfluxDB");
  add_options(*command, *args);
  command->footer(
      "Boards for what configs/topologies/grafana.yaml writes; docs/grafana.md has the rest.\n"
      "Examples:\n"
      "  dnstorm grafana --out grafana --database dns\n"
      "  dnstorm grafana --out grafana --language flux --org isp --bucket dns --url "
      "http://influx:8086");
  command->callback([args, &chosen] {
    chosen = [args] {
      Result<void> done = write_all(*args);
      return done.ok() ? 0 : fail(done.error());
    };
  });
}

}  // namespace dnstorm::cli
