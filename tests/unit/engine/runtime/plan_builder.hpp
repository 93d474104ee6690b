// Builds plan::Plan values by hand, of operators written in the test: the runtime is tested without
// topology files and without the planner.
//
//   PlanBuilder build;
//   build.spout("numbers", [] { return std::make_unique<NumberSpout>(...); });
//   build.bolt("sum", {{"numbers", GroupingType::fields, {"key"}}}, [] { ... }, {.tasks = 4});
//   LocalRun::start(build.plan(), {});
//
// Every stream has the schema of row_schema(). The builder owns the operators and must outlive the
// run.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "engine/plan/plan.hpp"

namespace dnstorm::runtime::testing {

using plan::GroupingType;

inline const SchemaPtr& row_schema() {
  static const SchemaPtr schema =
      std::make_shared<const Schema>(std::vector<Field>{{"time", Type::time, Role::time},
                                                        {"seq", Type::u64},
                                                        {"key", Type::u64},
                                                        {"name", Type::str}});
  return schema;
}

struct InputSpec {
  std::string from;
  GroupingType grouping = GroupingType::shuffle;
  std::vector<std::string> fields = {};
  std::size_t stream = 0;
  const GroupingDef* custom = nullptr;  // of a custom grouping; without options
};

struct ComponentSpec {
  std::uint32_t tasks = 1;
  std::uint32_t executors = 0;  // 0: one a task
  std::size_t streams = 1;
  StateScope state = StateScope::task;
};

class PlanBuilder {
 public:
  PlanBuilder() {
    plan_.name = "test";
    plan_.config.threads = 2;
    plan_.config.chaining = false;
    plan_.config.round_rows = 1;  // each call of next() is a round, as tests count them
  }

  PlanBuilder& credits(std::uint32_t credits) {
    plan_.config.credits = credits;
    return *this;
  }

  PlanBuilder& edge_bytes(std::uint64_t bytes) {
    plan_.config.edge_bytes = bytes;
    return *this;
  }

  PlanBuilder& round_rows(std::uint32_t rows) {
    plan_.config.round_rows = rows;
    return *this;
  }

  PlanBuilder& round_time(DurationNs time) {
    plan_.config.round_time = time;
    return *this;
  }

  PlanBuilder& idle_timeout(DurationNs timeout) {
    plan_.config.idle_timeout = timeout;
    return *this;
  }

  PlanBuilder& threads(std::uint32_t threads) {
    plan_.config.threads = threads;
    return *this;
  }

  PlanBuilder& spout(const std::string& id, std::function<std::unique_ptr<Spout>()> make,
                     ComponentSpec spec = {}) {
    OperatorDef& op = add(id, spec, OperatorKind::spout);
    op.make_spout = [make = std::move(make)](const Options&) { return make(); };
    return *this;
  }

  PlanBuilder& bolt(const std::string& id, const std::vector<InputSpec>& inputs,
                    std::function<std::unique_ptr<Bolt>()> make, ComponentSpec spec = {}) {
    OperatorDef& op = add(id, spec, OperatorKind::bolt);
    op.make_bolt = [make = std::move(make)](const Options&) { return make(); };
    plan::ComponentPlan& component = plan_.components.back();
    for (const InputSpec& input : inputs) {
      std::size_t from = index(input.from);
      component.inputs.push_back({from, input.stream, input.grouping, input.fields});
      if (input.custom != nullptr)
        component.inputs.back().custom = plan::CustomGrouping{input.custom, {}};
      plan_.components[from].outputs[input.stream].schema = row_schema();
    }
    return *this;
  }

  // Called first: there will be cycles. Then, for each stream that closes one, its two ends are
  // there.
  PlanBuilder& cycles() {
    add("__feedback", {.streams = 0}, OperatorKind::bolt);
    plan_.components.back().feedback = true;
    return *this;
  }
  PlanBuilder& close_cycle(const InputSpec& input, const std::string& to) {
    plan::ComponentPlan& feedback = plan_.components.front();
    std::size_t from = index(input.from);
    std::size_t stream = feedback.outputs.size();
    plan_.components[from].outputs[input.stream].schema = row_schema();
    feedback.inputs.push_back({from, input.stream, GroupingType::global, {}});
    feedback.outputs.push_back({input.from + "/back", row_schema()});
    plan_.components[index(to)].inputs.push_back({0, stream, input.grouping, input.fields});
    return *this;
  }

  PlanBuilder& exactly_once(DurationNs interval) {
    plan_.config.delivery = plan::Delivery::exactly_once;
    plan_.config.checkpoint_interval = interval;
    return *this;
  }

  PlanBuilder& at_least_once(DurationNs timeout, bool rows = false) {
    plan_.config.delivery = plan::Delivery::at_least_once;
    plan_.config.message_timeout = timeout;
    plan_.config.track_rows = rows;
    return *this;
  }

  // Of all that are there.
  PlanBuilder& hooks(const std::vector<const TaskHookDef*>& hooks) {
    for (plan::ComponentPlan& component : plan_.components) component.hooks = hooks;
    return *this;
  }
  PlanBuilder& worker_hook(const std::string& id, const WorkerHookDef& def) {
    plan_.worker_hooks.push_back({id, &def, {}});
    return *this;
  }
  // The spout added last is no source of its own.
  PlanBuilder& ends_with_others() {
    plan_.components.back().ends_with_others = true;
    return *this;
  }

  // Of the component added last.
  PlanBuilder& pending_max(std::uint64_t roots) {
    plan_.components.back().spout_pending_max = roots;
    return *this;
  }
  // Of all that are there.
  PlanBuilder& bounded_spouts(std::uint64_t roots) {
    for (plan::ComponentPlan& component : plan_.components)
      if (component.is_spout()) component.spout_pending_max = roots;
    return *this;
  }
  PlanBuilder& ticks_of_all(DurationNs period) {
    for (plan::ComponentPlan& component : plan_.components)
      if (!component.is_spout() && !component.feedback) component.tick_period = period;
    return *this;
  }
  PlanBuilder& ticks(DurationNs period) {
    plan_.components.back().tick_period = period;
    return *this;
  }

  PlanBuilder& chain() {
    plan_.config.chaining = true;
    plan::set_chains(plan_);
    return *this;
  }

  PlanBuilder& load_shuffles() {
    plan::set_load_shuffles(plan_);
    return *this;
  }

  const plan::Plan& plan() const { return plan_; }

 private:
  OperatorDef& add(const std::string& id, ComponentSpec spec, OperatorKind kind) {
    OperatorDef& op = ops_.emplace_back();
    op.name = id;
    op.kind = kind;
    plan::ComponentPlan component;
    component.may_chain = kind == OperatorKind::bolt;
    component.id = id;
    component.op = &op;
    component.tasks = spec.tasks;
    component.state = spec.state;
    component.executors = spec.executors != 0 ? spec.executors : spec.tasks;
    component.first_task = plan_.task_count + 1;
    for (std::size_t s = 0; s < spec.streams; ++s)
      component.outputs.push_back({"stream" + std::to_string(s), nullptr});
    plan_.components.push_back(std::move(component));
    plan_.task_count += spec.tasks;
    return op;
  }

  std::size_t index(const std::string& id) const {
    for (std::size_t i = 0; i < plan_.components.size(); ++i)
      if (plan_.components[i].id == id) return i;
    DNSTORM_ASSERT(false, "a test plan reads from a component that is not there", id);
    return 0;
  }

  std::list<OperatorDef> ops_;
  plan::Plan plan_;
};

}  // namespace dnstorm::runtime::testing
