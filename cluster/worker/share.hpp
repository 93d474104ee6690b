// Which part of a plan runs on a node: an assignment made concrete. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/model/assignment.hpp"
#include "cluster/model/report.hpp"
#include "cluster/wire/event_codec.hpp"
#include "engine/base/result.hpp"
#include "engine/plan/plan.hpp"
#include "engine/runtime/slice.hpp"
#include "engine/runtime/wiring.hpp"

namespace dnstorm::cluster {

struct Share {
  std::vector<bool> executors;            // by index into Wiring::executors: runs here
  std::vector<std::string> node_of_task;  // by task of the plan
  std::vector<std::uint32_t> tasks_here;  // ascending
};
// Fails if the assignment is for another plan: nodes then have other operators or versions.
Result<Share> share_of(const runtime::Wiring& wiring, const Assignment& assignment,
                       const std::string& node);

// Whether what has come from another worker is for tasks and edges that are there.
bool fits(const plan::Plan& plan, const runtime::Wiring& wiring, const Share& share,
          const WireMessage& message);

// Of the slice's, those with rows.
std::vector<EdgeRows> rows_of(const std::vector<runtime::CrossEdge>& edges);

}  // namespace dnstorm::cluster
