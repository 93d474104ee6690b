#include "engine/runtime/wiring.hpp"

#include <algorithm>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

namespace {

class Wirer {
 public:
  explicit Wirer(const plan::Plan& plan) : plan_(plan) {}

  Wiring run() {
    for (std::uint32_t c = 0; c < plan_.components.size(); ++c) add_component(c);
    std::uint32_t first = plan::has_cycles(plan_) ? 1 : 0;
    for (std::uint32_t c = first; c < plan_.components.size(); ++c) connect_component(c);
    if (first != 0) connect_component(0);  // the feedback, when all origins are known
    return std::move(wiring_);
  }

 private:
  void add_component(std::uint32_t c) {
    const plan::ComponentPlan& component = plan_.components[c];
    first_task_.push_back(static_cast<TaskIndex>(wiring_.tasks.size()));
    first_executor_.push_back(component.chained_to
                                  ? first_executor_[*component.chained_to]
                                  : static_cast<std::uint32_t>(wiring_.executors.size()));
    for (std::uint32_t e = 0; e < component.executors; ++e) {
      if (!component.chained_to) wiring_.executors.push_back({c, {}});
      auto [from, to] = plan::executor_tasks(component, e);
      for (std::uint32_t i = from; i < to; ++i) add_task(c, i, first_executor_[c] + e);
    }
  }

  void add_task(std::uint32_t c, std::uint32_t index, std::uint32_t executor) {
    TaskWiring task;
    task.component = c;
    task.index = index;
    task.count = plan_.components[c].tasks;
    task.executor = executor;
    task.streams.resize(plan_.components[c].outputs.size());
    if (plan_.components[c].feedback)
      wiring_.feedback = static_cast<std::uint32_t>(wiring_.origins.size());
    if (plan_.components[c].is_spout() || plan_.components[c].feedback) {
      task.origins.push_back(static_cast<std::uint32_t>(wiring_.origins.size()));
      wiring_.origins.push_back(static_cast<TaskIndex>(wiring_.tasks.size()));
    }
    wiring_.executors[executor].tasks.push_back(static_cast<TaskIndex>(wiring_.tasks.size()));
    wiring_.tasks.push_back(std::move(task));
  }

  // Both ends have one task on each node of a label, and rows go to the one on the same node. So no
  // link between these nodes is needed, and none waits for another.
  bool stays_on_node(std::uint32_t c, const plan::InputPlan& input) const {
    const plan::ComponentPlan& from = plan_.components[input.component];
    const plan::ComponentPlan& to = plan_.components[c];
    return to.place.per_node && from.place == to.place && from.tasks == to.tasks &&
           input.grouping == plan::GroupingType::local_or_shuffle;
  }

  // Components come after all that feed them, so the origins of the senders are complete here.
  void connect_component(std::uint32_t c) {
    const plan::ComponentPlan& component = plan_.components[c];
    for (std::uint32_t i = 0; i < component.inputs.size(); ++i)
      subscribe(c, i, component.inputs[i]);
  }

  void subscribe(std::uint32_t c, std::uint32_t input, const plan::InputPlan& plan_input) {
    auto source = static_cast<std::uint32_t>(plan_input.component);
    DNSTORM_ASSERT(source < c || plan_.components[c].feedback,
                   "a plan lists a component before one that feeds it", plan_.name);
    for (std::uint32_t s = 0; s < plan_.components[source].tasks; ++s) {
      Subscription subscription{
          plan_input.grouping, plan_input.fields, input, {}, plan_.components[c].first_task};
      subscription.by_load = plan_input.by_load;
      if (plan_input.custom) subscription.custom = custom_deal(c, plan_input, s);
      for (std::uint32_t t = 0; t < plan_.components[c].tasks; ++t) {
        if (stays_on_node(c, plan_input) && s != t) continue;
        subscription.targets.push_back(edge(first_task_[source] + s, first_task_[c] + t));
        const OutEdge& out =
            wiring_.tasks[first_task_[source] + s].out_edges[subscription.targets.back()];
        wiring_.tasks[out.to].in_edges[out.in_edge].by_load |= plan_input.by_load;
      }
      wiring_.tasks[first_task_[source] + s].streams[plan_input.stream].push_back(
          std::move(subscription));
    }
  }

  std::shared_ptr<const CustomDeal> custom_deal(std::uint32_t c, const plan::InputPlan& input,
                                                std::uint32_t source_task) const {
    const plan::ComponentPlan& source = plan_.components[input.component];
    const plan::OutputPlan& stream = source.outputs[input.stream];
    return std::make_shared<const CustomDeal>(
        CustomDeal{*input.custom,
                   {source.id, stream.name, stream.schema, source_task, plan_.components[c].id,
                    plan_.components[c].tasks}});
  }

  EdgeIndex edge(TaskIndex from, TaskIndex to) {
    TaskWiring& sender = wiring_.tasks[from];
    for (EdgeIndex e = 0; e < sender.out_edges.size(); ++e)
      if (sender.out_edges[e].to == to) return e;
    TaskWiring& receiver = wiring_.tasks[to];
    auto out = static_cast<EdgeIndex>(sender.out_edges.size());
    const plan::ComponentPlan& component = plan_.components[receiver.component];
    sender.out_edges.push_back({to, static_cast<EdgeIndex>(receiver.in_edges.size()),
                                component.first_task + receiver.index});
    receiver.in_edges.push_back({from, out, sender.origins});
    if (component.feedback) {
      sender.out_edges.back().feedback = wiring_.feedback;
      return out;  // its rounds are its own
    }
    for (std::uint32_t origin : sender.origins)
      if (std::find(receiver.origins.begin(), receiver.origins.end(), origin) ==
          receiver.origins.end())
        receiver.origins.push_back(origin);
    std::sort(receiver.origins.begin(), receiver.origins.end());
    return out;
  }

  const plan::Plan& plan_;
  Wiring wiring_;
  std::vector<TaskIndex> first_task_;          // by component
  std::vector<std::uint32_t> first_executor_;  // by component
};

}  // namespace

Wiring wire(const plan::Plan& plan) { return Wirer(plan).run(); }

}  // namespace dnstorm::runtime
