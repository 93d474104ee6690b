#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Flux's configMethods: a hook has none.
const std::vector<MethodDef> no_methods;
constexpr std::string_view hooks_key = "topology.auto.task.hooks";

}  // namespace

Configured configured(const topology::WorkerHook& hook, const WorkerHookDef& def) {
  return {fmt::format("worker hook '{}' ({})", hook.id, def.name),
          def.options,
          def.constructor,
          no_methods,
          hook,
          hook.class_name_place};
}

std::vector<WorkerHookPlan> resolve_worker_hooks(Draft& draft) {
  std::vector<WorkerHookPlan> hooks;
  for (const topology::WorkerHook& written : draft.topology.worker_hooks) {
    const WorkerHookDef* def = draft.registry.find_worker_hook(written.class_name);
    if (def == nullptr) {
      draft.add(
          written.class_name_place,
          fmt::format("worker hook '{}': no worker hook is called '{}'{} (`dnstorm operators` "
                      "lists them)",
                      written.id, written.class_name,
                      did_you_mean(written.class_name, draft.registry.all_worker_hook_names())));
      continue;
    }
    Configured object = configured(written, *def);
    auto raw = gather_options(draft, object);
    if (!raw) continue;
    if (auto options = parse_options(draft, object, std::move(*raw)))
      hooks.push_back({written.id, def, std::move(*options)});
  }
  return hooks;
}

std::vector<const TaskHookDef*> find_task_hooks(Draft& draft, const DraftComponent& component) {
  std::vector<const TaskHookDef*> hooks;
  Place place = place_of(component.source->config, std::string(hooks_key),
                         place_of(draft.topology.config, std::string(hooks_key), {}));
  for (const std::string& name : component.config.list(hooks_key)) {
    const TaskHookDef* def = draft.registry.find_task_hook(name);
    if (def != nullptr)
      hooks.push_back(def);
    else
      draft.add(place, fmt::format("'{}': no task hook is called '{}'{} (`dnstorm operators` lists "
                                   "them)",
                                   component.id(), name,
                                   did_you_mean(name, draft.registry.all_task_hook_names())));
  }
  return hooks;
}

}  // namespace dnstorm::plan::detail
