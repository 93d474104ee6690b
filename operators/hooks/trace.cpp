#include "operators/hooks/trace.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace dnstorm::operators {

namespace {

constexpr std::uint32_t lines_a_second = 10;

class Trace final : public TaskHook {
 public:
  void prepare(const TaskContext& task) override {
    clock_ = task.clock;
    who_ = fmt::format("{}/{}", task.component, task.task_index);
    for (const Input& input : task.inputs)
      inputs_.push_back(input.stream == "default" ? input.component
                                                  : input.component + ":" + input.stream);
    for (const auto& component : task.view->components)
      if (component.id == task.component)
        for (const auto& stream : component.streams) outputs_.push_back(stream.name);
  }
  void emitted(const Rows& rows) override {
    emitted_ += rows.rows;
    if (may_tell()) tell("emits {} rows on {}", rows.rows, outputs_[rows.stream]);
  }
  void executed(const Rows& rows, DurationNs took) override {
    executed_ += rows.rows;
    if (may_tell())
      tell("has worked off {} rows of {} in {} us", rows.rows, inputs_[rows.stream],
           took / ns_per_us);
  }
  void bolt_failed(std::size_t pieces) override {
    if (may_tell()) tell("fails {}", pieces);
  }
  void spout_failed(std::uint64_t message) override {
    if (may_tell()) tell("hears that {} has failed", message);
  }
  void cleanup() override {
    tell("has ended: {} rows worked off, {} emitted, {} lines not shown", executed_, emitted_,
         held_back_);
  }

 private:
  // So many lines a second, so that looking does not become the work.
  bool may_tell() {
    TimeNs now = clock_->steady_ns();
    if (now - second_ >= ns_per_s) {
      second_ = now;
      told_ = 0;
    }
    if (told_ == lines_a_second) {
      ++held_back_;
      return false;
    }
    ++told_;
    return true;
  }
  template <class... Args>
  void tell(fmt::format_string<Args...> form, const Args&... args) const {
    fmt::print(stderr, "trace: {} {}\n", who_, fmt::vformat(form, fmt::make_format_args(args...)));
  }

  const Clock* clock_ = nullptr;
  std::string who_;
  std::vector<std::string> inputs_, outputs_;
  TimeNs second_ = 0;
  std::uint32_t told_ = 0;
  std::uint64_t emitted_ = 0, executed_ = 0, held_back_ = 0;
};

}  // namespace

TaskHookDef trace_hook() {
  TaskHookDef def;
  def.name = "trace";
  def.summary = "Tells on standard error what each task emits and works off, ten lines a second.";
  def.make = [] { return std::make_unique<Trace>(); };
  return def;
}

}  // namespace dnstorm::operators
