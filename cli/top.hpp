// What `dnstorm top` shows, made of what a cluster or the board of a run answers. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dnstorm::cli {

// {topologies: [{topology, status, workers, tasks, rows_per_s}], nodes: [{node, status, workers,
//   cores, cores_used}], components: [{topology, component, kind, tasks, in_per_s, out_per_s,
//   busy}]}, of a run also tasks, edges, stall and honesty, as its board says them, and walls:
//   [{panel, title, total, keys, overflow, cells: [{key, count, share, mark}]}], most counted
//   first.
// `busy`: the share of its time, 0..1; of a run that of the task that has most of it.
using TopPage = nlohmann::ordered_json;

// `topologies` and `nodes` as the answers of /topology/summary and /supervisor/summary, `pages` of
// /topology/ID?window=10, `boards` of GET /api/topology (board/README.md) of those that have one.
// Throw nlohmann's exceptions where something is missing.
TopPage top_of_cluster(const nlohmann::ordered_json& topologies,
                       const nlohmann::ordered_json& nodes,
                       const std::vector<nlohmann::ordered_json>& pages,
                       const std::vector<nlohmann::ordered_json>& boards = {});
// Of GET /api/topology, GET /api/honesty and GET /api/snapshot (board/README.md); the last two may
// be null.
TopPage top_of_run(const nlohmann::ordered_json& answer, const nlohmann::ordered_json& honesty,
                   const nlohmann::ordered_json& snapshot = nullptr);

enum class TopTab : std::uint8_t { components, tasks, edges, walls };

// What of a page is shown, and how; changed by keys.
struct TopView {
  TopTab tab = TopTab::components;
  std::size_t sort = 0;  // column of the tab's table, from 1; 0: in the order of the topology
  bool reversed = false;
  std::size_t scroll = 0;  // lines of the table that are passed over
  std::size_t wall = 0;    // which wall, counted round and round
  bool paused = false;
  bool of_cluster = false;  // tables say of which topology a line is, and on which node

  // Whether it is one of ours: c t e w (tabs; w again, the next wall), 1 to 9 (a wall), Tab, s
  // (next column), r (reverse), p (pause), j and k (down and up).
  bool press(char key);
  std::string help() const;  // one line
};

std::string top_text(const TopPage& page, const TopView& view = {});

}  // namespace dnstorm::cli
