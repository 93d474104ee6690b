#include "cli/cluster/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/cluster/submission.hpp"
#include "engine/api/batch.hpp"
#include "engine/runtime/wiring.hpp"
#include "operators/catalog.hpp"

namespace dnstorm::cli {

namespace {

constexpr DurationNs unpromised_interval = 10 * ns_per_s;

cluster::PlaceRule rule_of(const plan::ComponentPlan& component) {
  const plan::PlaceRule& place = component.place;
  return {place.label, place.node, place.per_node, place.apart};
}

cluster::ComponentShape component_shape(const plan::Plan& plan,
                                        const plan::ComponentPlan& component) {
  std::set<std::string> reads;
  for (const plan::InputPlan& input : component.inputs)
    reads.insert(plan.components[plan::source_of(plan, input).first].id);
  return {component.id,           component.tasks,
          component.executors,    !component.feedback && component.is_spout(),
          rule_of(component),     {reads.begin(), reads.end()},
          plan::digest(component)};
}

cluster::ExecutorShape executor_shape(const plan::Plan& plan, const runtime::Wiring& wiring,
                                      const runtime::ExecutorWiring& executor) {
  const plan::ComponentPlan& head = plan.components[executor.component];
  cluster::ExecutorShape shape;
  shape.rule = rule_of(head);
  shape.spout = !head.feedback && head.is_spout();
  for (runtime::TaskIndex task : executor.tasks) {
    shape.tasks.push_back(task);
    const plan::ComponentPlan& component = plan.components[wiring.tasks[task].component];
    if (std::find(shape.components.begin(), shape.components.end(), component.id) !=
        shape.components.end())
      continue;
    shape.components.push_back(component.id);
    shape.cores += component.cores;
    shape.memory += component.memory;
  }
  return shape;
}

// Components have the topology's settings among theirs, so what is left is little.
std::uint64_t settings_of(const plan::Plan& plan) {
  std::string text = plan.name;
  for (const plan::WorkerHookPlan& hook : plan.worker_hooks)
    text += fmt::format("\n{} {} {}", hook.id, hook.def->name, hook.options.canonical());
  return hash_bytes(text);
}

std::string key_of(const cluster::Submission& submission, const cluster::PlanChoices& choices) {
  std::string key = cluster::digest(submission);
  for (const auto& [label, nodes] : choices.nodes_by_label)
    key += fmt::format("\n{}:{}={}", label.size(), label, nodes);
  for (const auto& [component, executors] : choices.executors)
    key += fmt::format("\n{}/{}", component, executors);
  return key;
}

}  // namespace

cluster::TopologyShape shape_of(const plan::Plan& plan) {
  const runtime::Wiring wiring = runtime::wire(plan);
  cluster::TopologyShape shape;
  for (const plan::ComponentPlan& component : plan.components)
    shape.components.push_back(component_shape(plan, component));
  std::map<std::uint32_t, std::uint32_t> next;  // executor of a head
  for (const runtime::ExecutorWiring& executor : wiring.executors) {
    shape.executors.push_back(executor_shape(plan, wiring, executor));
    shape.executors.back().index = next[executor.component]++;
  }
  shape.tasks = static_cast<std::uint32_t>(wiring.tasks.size());
  shape.fingerprint = plan::fingerprint(plan);
  // Where nothing is promised they are for changes of the cluster: seldom, because they cost the
  // same.
  shape.checkpoints = plan.config.delivery != plan::Delivery::at_least_once;
  shape.checkpoint_interval = plan.config.delivery == plan::Delivery::exactly_once
                                  ? plan.config.checkpoint_interval
                                  : std::max(plan.config.checkpoint_interval, unpromised_interval);
  shape.message_timeout = plan.config.message_timeout;
  shape.workers = plan.config.workers;
  shape.settings = settings_of(plan);
  return shape;
}

Result<std::vector<std::string>> TopologyPlanner::labels_per_node(
    const cluster::Submission& submission) {
  cluster::TopologyShape made = DNSTORM_TRY(shape(submission, {}));
  std::set<std::string> labels;
  for (const cluster::ComponentShape& component : made.components)
    if (component.rule.per_node) labels.insert(component.rule.label);
  return std::vector<std::string>(labels.begin(), labels.end());
}

Result<cluster::TopologyShape> TopologyPlanner::shape(const cluster::Submission& submission,
                                                      const cluster::PlanChoices& choices) {
  std::string key = key_of(submission, choices);
  auto known = known_.find(key);
  if (known != known_.end()) return known->second;
  // One of its own: operators of a submission's plug-ins are not there for others.
  OperatorRegistry registry;
  operators::add_builtin_operators(registry);
  cluster::TopologyShape made = shape_of(DNSTORM_TRY(plan_of(submission, choices, registry)));
  known_.emplace(key, made);
  oldest_.push_back(std::move(key));
  if (oldest_.size() > known_max) {
    known_.erase(oldest_.front());
    oldest_.pop_front();
  }
  return made;
}

}  // namespace dnstorm::cli
