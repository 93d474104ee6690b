#include "cluster/control/control.hpp"

#include <fmt/format.h>

#include <charconv>

#include "cluster/control/detail/actions.hpp"
#include "cluster/control/detail/answers.hpp"
#include "cluster/control/detail/pages.hpp"

extern const char* const cluster_openapi_yaml;  // made of openapi.yaml by the build

namespace dnstorm::cluster {

using namespace detail;

namespace {

constexpr std::size_t log_lines_max = 10'000;

std::optional<ApiAnswer> refuse(const ApiRequest& request, const std::vector<std::string>& tokens) {
  if (!tokens.empty()) {
    // All are compared: how long it takes says nothing.
    bool known = false;
    for (const std::string& token : tokens) known = same_secret(request.token, token) || known;
    if (known) return std::nullopt;
    return refusal(401, "AuthorizationException",
                   request.token.empty()
                       ? "what changes the cluster wants its token (Authorization: Bearer)"
                       : "this is not the token of the cluster");
  }
  if (!request.loopback)
    return refusal(403, "AuthorizationException",
                   "this cluster has no token, so that nothing can be changed from other "
                   "machines: configure one at the coordinator");
  if (!request.deliberate)
    return refusal(403, "AuthorizationException",
                   "without a token, what changes the cluster carries the header "
                   "X-Dnstorm-Control");
  return std::nullopt;
}

ApiAnswer not_leading(const std::vector<CoordinatorInfo>& coordinators) {
  std::string leader;
  for (const CoordinatorInfo& it : coordinators)
    if (it.leads && it.alive) leader = fmt::format("{}:{}", it.host, it.port);
  Json json = {{"error", "NimbusLeaderNotFoundException"},
               {"errorMessage",
                leader.empty() ? "this coordinator does not lead, and it knows of none that "
                                 "does: try again"
                               : fmt::format("this coordinator does not lead; {} does", leader)},
               {"leader", leader}};
  return {503, "application/json", text_of(json)};
}

template <class T>
std::optional<T> number(std::string_view text, T otherwise) {
  if (text.empty()) return otherwise;
  T value{};
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return value;
}

ApiAnswer answer_logs(ControlTarget& target, const ApiRequest& request) {
  LogQuery query;
  query.topology = request.argument("topology");
  query.node = request.argument("node");
  query.level = request.argument("level");
  auto limit = number(request.argument("limit"), query.limit);
  auto after = number(request.argument("after"), query.after);
  if (!limit || !after || *limit > log_lines_max)
    return refusal(400, "InvalidRequestException",
                   fmt::format("limit and after are numbers, the limit {} at most", log_lines_max));
  if (!query.level.empty() && !log_level(query.level))
    return refusal(400, "InvalidRequestException",
                   fmt::format("a level is error, warning or info, not '{}'", query.level));
  query.limit = *limit;
  query.after = *after;
  return page(logs_page(target.logs(query)));
}

ApiAnswer answer_topology(const Scene& scene, const Match& match, const ApiRequest& request) {
  const TopologyView* topology = find_topology(scene.view, match.parts.at(0));
  if (topology == nullptr)
    return refusal(404, "NotAliveException", fmt::format("{} is not alive", match.parts.at(0)));
  auto window = window_of(request.argument("window"));
  if (!window)
    return refusal(400, "InvalidRequestException",
                   "a window is 10, 600, 10800, 86400 or :all-time");
  switch (match.def->route) {
    case Route::topology_workers:
      return page(topology_workers(*topology));
    case Route::metrics:
      return page(metrics_page(scene, *topology, *window));
    case Route::visualization:
      return page(visualization_page(scene, *topology, *window));
    case Route::component: {
      const auto* component = find_component(topology->shape, match.parts.at(1));
      if (component == nullptr)
        return refusal(404, "NotFoundException",
                       fmt::format("{} has no component {}", topology->record.submission.name,
                                   match.parts.at(1)));
      return page(component_page(scene, *topology, *component, *window));
    }
    default:
      return page(topology_page(scene, *topology, *window));
  }
}

ApiAnswer answer_cluster(const Scene& scene, const Match& match, const ApiRequest& request) {
  switch (match.def->route) {
    case Route::configuration:
      return page(configuration_page(scene));
    case Route::cluster_summary:
      return page(cluster_summary(scene));
    case Route::supervisor_summary:
      return page(supervisor_summary(scene));
    case Route::supervisor: {
      std::string_view id = request.argument("id");
      if (!id.empty() && find_node(scene.view, id) == nullptr)
        return refusal(404, "NotFoundException", fmt::format("there is no node {}", id));
      return page(supervisor_page(scene, id, request.argument("host")));
    }
    case Route::history:
      return page(history_summary(scene));
    case Route::owners:
    case Route::owner:
      return page(owner_resources(scene));
    case Route::topology_summary:
      return page(topology_summary(scene));
    default:
      return answer_topology(scene, match, request);
  }
}

}  // namespace

const TopologyView* find_topology(const ClusterView& view, std::string_view name) {
  for (const TopologyView& topology : view.topologies)
    if (topology.record.id == name) return &topology;
  // A name may be that of one that has ended, too.
  const TopologyView* ended = nullptr;
  for (const TopologyView& topology : view.topologies) {
    if (topology.record.submission.name != name) continue;
    if (topology.status != TopologyStatus::finished && topology.record.wanted != Wanted::killed)
      return &topology;
    ended = &topology;
  }
  return ended;
}

ApiAnswer Control::answer(const ApiRequest& request) {
  // Whatever a library throws over bytes from outside ends one request, not the coordinator.
  try {
    return answer_route(request);
  } catch (const std::exception& problem) {
    return refusal(500, "RuntimeException", problem.what());
  }
}

ApiAnswer Control::answer_route(const ApiRequest& request) {
  const Match match = cluster::match(request.method, request.path);
  if (!match.path_known)
    return refusal(404, "NotFoundException",
                   fmt::format("there is nothing at /api/v1{}; /api/v1/openapi.yaml tells what "
                               "there is",
                               request.path));
  if (match.def == nullptr)
    return refusal(405, "MethodNotAllowedException",
                   fmt::format("{} is not what /api/v1{} takes", request.method, request.path));
  if (match.def->route == Route::openapi) return {200, "application/yaml", cluster_openapi_yaml};
  const bool changes = match.def->method == "POST";
  if (changes)
    if (auto refused = refuse(request, options_.tokens)) return *refused;
  if (match.def->route == Route::nimbus_summary)
    return page(nimbus_summary(target_.coordinators()));
  if (match.def->route == Route::logs) return answer_logs(target_, request);
  const ClusterView view = target_.view();
  if (!view.leads) return not_leading(target_.coordinators());
  if (changes) return act(target_, match, request);
  const ControlMoment now = target_.now();
  std::lock_guard lock(mutex_);
  book_.keep([&](const std::string& id) {
    const TopologyView* topology = find_topology(view, id);
    return topology != nullptr && topology->record.id == id;
  });
  return answer_cluster(Scene{options_, view, now, book_}, match, request);
}

std::optional<ApiAnswer> Control::refuse_change(const ApiRequest& request) const {
  return refuse(request, options_.tokens);
}

std::optional<ApiAnswer> Control::refuse_tap(const ApiRequest& request) {
  if (auto refused = refuse(request, options_.tokens)) return refused;
  const ClusterView view = target_.view();
  if (!view.leads) return not_leading(target_.coordinators());
  std::string_view topology = request.argument("topology");
  if (find_topology(view, topology) != nullptr) return std::nullopt;
  return refusal(404, "NotAliveException", fmt::format("{} is not alive", topology));
}

void Control::take(const WorkerNews& news, TimeNs now) {
  if (news.kind != "stats") return;
  std::lock_guard lock(mutex_);
  book_.take(news, now);
}

}  // namespace dnstorm::cluster
