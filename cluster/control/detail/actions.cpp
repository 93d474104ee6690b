#include "cluster/control/detail/actions.hpp"

#include <fmt/format.h>

#include "cluster/control/detail/answers.hpp"
#include "cluster/control/detail/scene.hpp"
#include "cluster/model/codec.hpp"

namespace dnstorm::cluster::detail {

namespace {

ApiAnswer done(const char* what, const std::string& id) {
  return page({{"topologyOperation", what}, {"topologyId", id}, {"status", "success"}});
}

Result<Json> read_body(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return Json::object();
  try {
    Json json = Json::parse(body);
    if (json.is_object()) return json;
    return Error{ErrorKind::usage, "the body of the request is no JSON object", ""};
  } catch (const std::exception& problem) {
    return Error{ErrorKind::usage, fmt::format("the body of the request: {}", problem.what()), ""};
  }
}

// Storm's waits are whole seconds; a unit may follow.
Result<DurationNs> read_wait(const std::string& text) {
  auto wait = parse_duration(text);
  if (wait && *wait >= 0) return *wait;
  return Error{ErrorKind::usage,
               fmt::format("a wait is a number of seconds, or of a unit (1500ms), not '{}'", text),
               ""};
}

// --- submit -------------------------------------------------------------------------------------

// Where the executors that an answer is about are now, by component and index.
std::string node_before(const TopologyView* running, const ExecutorShape& executor) {
  if (running == nullptr || executor.components.empty()) return "";
  const auto& executors = running->shape.executors;
  for (std::size_t i = 0; i < executors.size(); ++i)
    if (!executors[i].components.empty() && executors[i].index == executor.index &&
        executors[i].components.front() == executor.components.front())
      return node_of(*running, i);
  return "";
}

Json placed(const SubmitAnswer& answer, const TopologyView* running) {
  Json list = Json::array();
  const auto& nodes = answer.assignment.node_of_executor;
  // Where nothing changes no plan is made.
  const TopologyShape& shape =
      answer.shape.executors.empty() && running != nullptr ? running->shape : answer.shape;
  for (std::size_t i = 0; i < shape.executors.size(); ++i) {
    const ExecutorShape& executor = shape.executors[i];
    list.push_back({{"components", executor.components},
                    {"index", executor.index},
                    {"tasks", executor.tasks.size()},
                    {"node", i < nodes.size() ? nodes[i] : ""},
                    {"nodeBefore", node_before(running, executor)}});
  }
  return list;
}

bool option(const Json& options, const char* name) { return options.value(name, false); }

Result<std::pair<Submission, SubmitOptions>> read_submission(const std::string& body) {
  Json json = DNSTORM_TRY(read_body(body));
  try {
    if (!json.contains("submission"))
      return Error{ErrorKind::usage, "the body of the request has no submission", ""};
    auto submission = submission_from_json(json["submission"].dump());
    if (!submission.ok())
      return Error{ErrorKind::usage, "submission: " + submission.error().what, ""};
    const Json options = json.value("options", Json::object());
    SubmitOptions read{option(options, "inactive"), option(options, "dry_run"),
                       option(options, "replace")};
    return std::pair(std::move(*submission), read);
  } catch (const std::exception& problem) {
    return Error{ErrorKind::usage, fmt::format("the body of the request: {}", problem.what()), ""};
  }
}

std::optional<Error> unfit_name(const std::string& name) {
  if (!name.empty() && name.find('/') == std::string::npos && name != "summary")
    return std::nullopt;
  return Error{ErrorKind::config,
               fmt::format("the name of a topology has no '/', is not empty and is not 'summary': "
                           "'{}'",
                           name),
               "name"};
}

ApiAnswer submit(ControlTarget& target, const ClusterView& view, const std::string& body) {
  auto read = read_submission(body);
  if (!read.ok()) return refusal(read.error());
  auto& [submission, options] = *read;
  if (auto unfit = unfit_name(submission.name)) return refusal(*unfit);
  // One that has come to its end leaves its name to the next.
  const TopologyView* running = find_topology(view, submission.name);
  if (running != nullptr && (running->record.submission.name != submission.name ||
                             running->status == TopologyStatus::finished))
    running = nullptr;
  const bool killed = running != nullptr && running->record.wanted == Wanted::killed;
  // What would change is asked for as often of what runs as of what is new.
  if (options.dry_run && running != nullptr) options.replace = true;
  if (killed || (running != nullptr && !options.replace))
    return refusal(409, "AlreadyAliveException",
                   fmt::format("{} is there already, as {}{}", submission.name,
                               running->record.id,
                               killed ? ", and is being killed: wait for its end"
                                      : ": change it with replace, or kill it first"));
  auto answer = target.submit(std::move(submission), options);
  if (!answer.ok()) return refusal(answer.error());
  Json json = {{"topologyOperation", options.dry_run ? "dry-run" : "submit"},
               {"topologyId", answer->id},
               {"status", "success"},
               {"replaces", running != nullptr ? running->record.id : ""},
               {"executors", placed(*answer, running)},
               {"unplaced", answer->unplaced},
               {"changed", answer->changed}};
  return page(json);
}

// --- the others ---------------------------------------------------------------------------------

// Storm's body: {"rebalanceOptions": {"numWorkers": 2, "executors": {"count": 4}}}
Result<std::map<std::string, std::uint32_t>> read_rebalance(const std::string& body) {
  Json json = DNSTORM_TRY(read_body(body));
  try {
    const Json options = json.value("rebalanceOptions", Json::object());
    if (options.contains("numWorkers") && !options["numWorkers"].is_null())
      return Error{ErrorKind::usage,
                   "a rebalance changes executors; the number of workers is the topology file's "
                   "(topology.workers): submit it again with replace",
                   ""};
    std::map<std::string, std::uint32_t> executors;
    const Json wanted = options.value("executors", Json::object());
    for (const auto& [component, number] : wanted.items()) {
      if (!number.is_number_integer() || number < 1 || number > 1'000'000)
        return Error{ErrorKind::usage,
                     fmt::format("executors of {}: a number from 1 on, not {}", component,
                                 number.dump(-1, ' ', false, Json::error_handler_t::replace)),
                     ""};
      executors[component] = number.get<std::uint32_t>();
    }
    return executors;
  } catch (const std::exception& problem) {
    return Error{ErrorKind::usage, fmt::format("rebalanceOptions: {}", problem.what()), ""};
  }
}

ApiAnswer rebalance(ControlTarget& target, const TopologyView& topology, const Match& match,
                    const std::string& body) {
  if (match.def->route == Route::rebalance_after)
    if (auto wait = read_wait(match.parts.at(1)); !wait.ok()) return refusal(wait.error());
  auto executors = read_rebalance(body);
  if (!executors.ok()) return refusal(executors.error());
  for (const auto& [component, unused] : *executors)
    if (find_component(topology.shape, component) == nullptr)
      return refusal(
          400, "InvalidRequestException",
          fmt::format("{} has no component {}", topology.record.submission.name, component));
  auto how = target.rebalance(topology.record.id, *executors);
  return how.ok() ? done("rebalance", topology.record.id) : refusal(how.error());
}

ApiAnswer kill(ControlTarget& target, const std::string& id, const Match& match) {
  std::optional<DurationNs> wait;
  if (match.def->route == Route::kill_after) {
    auto read = read_wait(match.parts.at(1));
    if (!read.ok()) return refusal(read.error());
    wait = *read;
  }
  auto how = target.kill(id, wait);
  return how.ok() ? done("kill", id) : refusal(how.error());
}

ApiAnswer act_on_topology(ControlTarget& target, const TopologyView& topology, const Match& match,
                          const ApiRequest& request) {
  const std::string& id = topology.record.id;
  switch (match.def->route) {
    case Route::kill:
    case Route::kill_after:
      return kill(target, id, match);
    case Route::rebalance:
    case Route::rebalance_after:
      return rebalance(target, topology, match, request.body);
    case Route::activate: {
      auto how = target.activate(id);
      return how.ok() ? done("activate", id) : refusal(how.error());
    }
    default: {
      DNSTORM_ASSERT(match.def->route == Route::deactivate, "every route of a topology is known");
      auto how = target.deactivate(id);
      return how.ok() ? done("deactivate", id) : refusal(how.error());
    }
  }
}

ApiAnswer act_on_node(ControlTarget& target, const NodeView& node, Route route) {
  const std::string& name = node.report.node;
  const char* what = route == Route::drain     ? "drain"
                     : route == Route::undrain ? "undrain"
                                               : "forget";
  auto how =
      route == Route::forget ? target.forget(name) : target.drain(name, route == Route::drain);
  if (!how.ok()) return refusal(how.error());
  return page({{"nodeOperation", what}, {"node", name}, {"status", "success"}});
}

}  // namespace

ApiAnswer act(ControlTarget& target, const Match& match, const ApiRequest& request) {
  const ClusterView view = target.view();
  const Route route = match.def->route;
  if (route == Route::submit) return submit(target, view, request.body);
  const std::string& name = match.parts.at(0);
  if (route == Route::drain || route == Route::undrain || route == Route::forget) {
    const NodeView* node = find_node(view, name);
    if (node == nullptr)
      return refusal(404, "NotFoundException", fmt::format("there is no node {}", name));
    return act_on_node(target, *node, route);
  }
  const TopologyView* topology = find_topology(view, name);
  if (topology == nullptr)
    return refusal(404, "NotAliveException", fmt::format("{} is not alive", name));
  return act_on_topology(target, *topology, match, request);
}

}  // namespace dnstorm::cluster::detail
