// The hooks of one task, called one after the other. Owned by the task.
#pragma once

#include <memory>
#include <vector>

#include "engine/api/hook.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::runtime {

class TaskHooks {
 public:
  // Null: the component has none.
  static std::unique_ptr<TaskHooks> make(const plan::ComponentPlan& component) {
    if (component.hooks.empty()) return nullptr;
    auto hooks = std::make_unique<TaskHooks>();
    for (const TaskHookDef* def : component.hooks) hooks->all_.push_back(def->make());
    return hooks;
  }

  template <class Call>
  void each(Call&& call) {
    for (auto& hook : all_) call(*hook);
  }
  void emitted(std::size_t stream, const Batch& batch, const Selection* selection) {
    TaskHook::Rows rows{stream, batch, selection, rows_of(batch, selection)};
    each([&](TaskHook& hook) { hook.emitted(rows); });
  }
  void executed(std::size_t input, const Batch& batch, const Selection* selection,
                DurationNs took) {
    TaskHook::Rows rows{input, batch, selection, rows_of(batch, selection)};
    each([&](TaskHook& hook) { hook.executed(rows, took); });
  }

 private:
  static std::uint32_t rows_of(const Batch& batch, const Selection* selection) {
    return selection != nullptr ? static_cast<std::uint32_t>(selection->size()) : batch.row_count();
  }
  std::vector<std::unique_ptr<TaskHook>> all_;
};

}  // namespace dnstorm::runtime
