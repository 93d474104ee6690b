#include "cluster/control/routes.hpp"

#include <optional>

namespace dnstorm::cluster {

namespace {

constexpr RouteDef defs[] = {
    {Route::openapi, "GET", "/openapi.yaml"},
    {Route::configuration, "GET", "/cluster/configuration"},
    {Route::cluster_summary, "GET", "/cluster/summary"},
    {Route::nimbus_summary, "GET", "/nimbus/summary"},
    {Route::supervisor_summary, "GET", "/supervisor/summary"},
    {Route::supervisor, "GET", "/supervisor"},
    {Route::history, "GET", "/history/summary"},
    {Route::owners, "GET", "/owner-resources"},
    {Route::owner, "GET", "/owner-resources/{owner}"},
    {Route::logs, "GET", "/logs"},
    // Before /topology/{id}: no topology is called summary.
    {Route::topology_summary, "GET", "/topology/summary"},
    {Route::topology, "GET", "/topology/{id}"},
    {Route::topology_workers, "GET", "/topology-workers/{id}"},
    {Route::metrics, "GET", "/topology/{id}/metrics"},
    {Route::visualization, "GET", "/topology/{id}/visualization"},
    {Route::component, "GET", "/topology/{id}/component/{component}"},
    {Route::submit, "POST", "/topology"},
    {Route::activate, "POST", "/topology/{id}/activate"},
    {Route::deactivate, "POST", "/topology/{id}/deactivate"},
    {Route::kill, "POST", "/topology/{id}/kill"},
    {Route::kill_after, "POST", "/topology/{id}/kill/{wait}"},
    {Route::rebalance, "POST", "/topology/{id}/rebalance"},
    {Route::rebalance_after, "POST", "/topology/{id}/rebalance/{wait}"},
    {Route::drain, "POST", "/node/{node}/drain"},
    {Route::undrain, "POST", "/node/{node}/undrain"},
    {Route::forget, "POST", "/node/{node}/forget"},
};

// "/a/b" -> "a", rest "/b"
std::string_view take_part(std::string_view& path) {
  path.remove_prefix(1);
  std::string_view part = path.substr(0, path.find('/'));
  path.remove_prefix(part.size());
  return part;
}

std::optional<std::vector<std::string>> parts_of(std::string_view pattern, std::string_view path) {
  std::vector<std::string> parts;
  while (pattern.starts_with('/') && path.starts_with('/')) {
    std::string_view wanted = take_part(pattern), given = take_part(path);
    if (given.empty()) return std::nullopt;
    if (wanted.starts_with('{'))
      parts.emplace_back(given);
    else if (wanted != given)
      return std::nullopt;
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return parts;
}

}  // namespace

std::span<const RouteDef> routes() { return defs; }

Match match(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  Match found;
  for (const RouteDef& def : defs) {
    auto parts = parts_of(def.path, path);
    if (!parts) continue;
    found.path_known = true;
    if (def.method != method) continue;
    found.def = &def;
    found.parts = std::move(*parts);
    return found;
  }
  return found;
}

}  // namespace dnstorm::cluster
