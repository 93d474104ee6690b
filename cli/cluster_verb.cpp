#include "cli/cluster_verb.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>

#include "cli/terminal_line.hpp"
#include "cli/text_table.hpp"

namespace dnstorm::cli {

namespace {

// {"rebalanceOptions":{"executors":{"names":2}}} of names=2
Result<Json> rebalance_body(const std::vector<std::string>& changes) {
  Json executors = Json::object();
  for (const std::string& change : changes) {
    std::size_t equals = change.rfind('=');
    std::string_view number = std::string_view(change).substr(std::min(equals, change.size()));
    if (!number.empty()) number.remove_prefix(1);
    std::uint32_t value = 0;
    auto [rest, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
    if (equals == std::string::npos || equals == 0 || problem != std::errc() ||
        rest != number.data() + number.size())
      return Error{ErrorKind::usage,
                   fmt::format("rebalance takes COMPONENT=EXECUTORS, not '{}'", change), ""};
    executors[change.substr(0, equals)] = value;
  }
  return Json{{"rebalanceOptions", {{"executors", std::move(executors)}}}};
}

std::string what_is_done(const std::string& action, const std::string& id) {
  if (action == "activate") return fmt::format("the spouts of {} are asked for rows\n", id);
  if (action == "deactivate")
    return fmt::format("the spouts of {} are not asked for rows until it is activated\n", id);
  return fmt::format("{} is placed anew\n", id);
}

}  // namespace

int run_cluster_verb(const ClusterArgs& args,
                     const std::function<Result<std::string>(ClusterClient&)>& verb) {
  auto client = ClusterClient::make(args);
  if (!client.ok()) return fail(client.error());
  try {
    auto text = verb(*client);
    if (!text.ok()) return fail(text.error());
    fmt::print("{}", *text);
    if (std::fflush(stdout) == 0) return 0;
    return fail({ErrorKind::io, "standard output takes no more", ""});
  } catch (const Json::exception&) {
    return fail({ErrorKind::unavailable,
                 "the coordinator's answer is not understood: is it of another version?", ""});
  }
}

void set_cluster_verb(CLI::App& command, Chosen& chosen, const std::shared_ptr<ClusterArgs>& args,
                      std::function<Result<std::string>(ClusterClient&)> verb) {
  add_cluster_options(command, *args);
  command.callback([args, verb = std::move(verb), &chosen] {
    chosen = [args, verb] { return run_cluster_verb(*args, verb); };
  });
}

std::string pretty(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string number_text(const Json& json, const char* key) {
  const Json& value = json.at(key);
  if (value.is_number_unsigned()) return thousands(value.get<std::uint64_t>());
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  if (!value.is_number()) return "-";
  const double number = value.get<double>();
  return number >= 100 ? thousands(static_cast<std::uint64_t>(std::min(number + 0.5, 1e18)))
                       : fmt::format("{:.1f}", number);
}

std::string topology_path(const std::string& name) {
  return "/topology/" + operators::percent_encode(name);
}

bool names_topology(const std::string& run, const ClusterArgs& args) {
  if (!args.to.empty()) return true;
  return run.find_first_of(":/") == std::string::npos &&
         run.find_first_not_of("0123456789") != std::string::npos;
}

int change_topology(const ClusterArgs& args, const std::string& action, const std::string& topology,
                    const std::vector<std::string>& changes) {
  return run_cluster_verb(args, [&](ClusterClient& client) -> Result<std::string> {
    Json body = action == "rebalance" ? DNSTORM_TRY(rebalance_body(changes)) : Json::object();
    Json done = DNSTORM_TRY(client.post(topology_path(topology) + "/" + action, body));
    return what_is_done(action, printable(done.at("topologyId").get<std::string>()));
  });
}

}  // namespace dnstorm::cli
