// Where a topology keeps the counts that the board's page Capacity is made of: in the sink `store`
// that gets those which look most like all queries of a minute, the first of several. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/minute_history.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

struct CapacitySource {
  std::string store = {};  // its file
  // Counts: of the bolt `count` with the id `minutes`, else of one that counts nothing but servers
  // apart, else of the first. Losses: of one with the id `losses`. Response times: of `quantiles`
  // of a latency, the median.
  PointNames names = {};
  std::string response_time = {};        // MEASUREMENT.FIELD that is shown: p99, or the highest
  std::vector<std::string> limits = {};  // [SERVER=]RATE
  double share = 80;                     // percent
};

// Nothing: the topology keeps no counts.
std::optional<CapacitySource> capacity_source(const plan::Plan& plan);

// Likewise in a cluster, whose coordinator keeps copies of what stores write, of windows of a
// minute and longer: in which file, `file_of` says (none: "").
std::optional<CapacitySource> capacity_source_of_copies(
    const plan::Plan& plan,
    const std::function<std::string(const plan::ComponentPlan& store)>& file_of);

// And of what `board` sinks of view `series` show
// in `file`
// (cli/history/history_writer.hpp).
std::optional<CapacitySource> capacity_source_of_series(const plan::Plan& plan,
                                                        const std::string& file);

}  // namespace dnstorm::cli
