// What `dnstorm top` shows, made of what a cluster or the board of a run answers. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dnstorm::cli {

// {topologies: [{topology, status, workers, tasks, rows_per_s}], nodes: [{node, status, workers,
//   cores, cores_used}], components: [{topology, component, kind, tasks, in_per_s, out_per_s,
//   busy}]}
// `busy`: the share of its time, 0..1; of a run that of the task that has most of it.
using TopPage = nlohmann::ordered_json;

// `topologies` and `nodes` as the answers of /topology/summary and /supervisor/summary, `pages` of
// /topology/ID?window=10. Throw nlohmann's exceptions where something is missing.
TopPage top_of_cluster(const nlohmann::ordered_json& topologies,
                       const nlohmann::ordered_json& nodes,
                       const std::vector<nlohmann::ordered_json>& pages);
// Of GET /api/topology (board/README.md).
TopPage top_of_run(const nlohmann::ordered_json& answer);

std::string top_text(const TopPage& page);

}  // namespace dnstorm::cli
