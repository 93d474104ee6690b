#include "cluster/worker/share.hpp"

#include <fmt/format.h>

namespace dnstorm::cluster {

using runtime::TaskIndex, runtime::TaskWiring, runtime::Wiring;

Result<Share> share_of(const Wiring& wiring, const Assignment& assignment,
                       const std::string& node) {
  if (assignment.node_of_executor.size() != wiring.executors.size())
    return Error{ErrorKind::config,
                 fmt::format("the plan has {} executors on this node and {} at the coordinator: "
                             "give all machines the same dnstorm and the same plug-ins",
                             wiring.executors.size(), assignment.node_of_executor.size()),
                 {}};
  Share share;
  for (const std::string& at : assignment.node_of_executor) share.executors.push_back(at == node);
  for (TaskIndex task = 0; task < wiring.tasks.size(); ++task) {
    share.node_of_task.push_back(assignment.node_of_executor[wiring.tasks[task].executor]);
    if (share.node_of_task.back() == node) share.tasks_here.push_back(task);
  }
  return share;
}

bool fits(const plan::Plan& plan, const Wiring& wiring, const Share& share,
          const WireMessage& message) {
  TaskIndex to = task_of(message);
  if (to >= wiring.tasks.size() || !share.executors[wiring.tasks[to].executor]) return false;
  const TaskWiring& task = wiring.tasks[to];
  bool spout = plan.components[task.component].is_spout();
  if (const auto* event = std::get_if<runtime::Event>(&message)) {
    if (event->origin >= wiring.origins.size()) return false;
    if (spout) return !event->batch && event->last;
    return event->edge < task.in_edges.size();
  }
  if (const auto* credit = std::get_if<runtime::Credit>(&message))
    return credit->edge < task.out_edges.size() && credit->slot < task.origins.size();
  return spout;
}

std::vector<EdgeRows> rows_of(const std::vector<runtime::CrossEdge>& edges) {
  std::vector<EdgeRows> rows;
  for (const runtime::CrossEdge& edge : edges)
    if (edge.rows != 0) rows.push_back({edge.from, edge.to, edge.sent, edge.rows});
  return rows;
}

}  // namespace dnstorm::cluster
