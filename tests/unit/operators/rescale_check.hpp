// Whether a bolt goes on from a checkpoint with another number of tasks as if nothing had happened:
// several tasks get the rows that a fields grouping would give them, are saved after a step of a
// test, their states divided anew, and what the new tasks give from there on compared with what one
// undisturbed task gives.
//
//   check_rescales(count_operator(), {{"by", {"qname"}}}, fields, {"qname"}, steps);
#pragma once

#include <algorithm>
#include <memory>

#include "engine/delivery/task_state.hpp"
#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

// Rows, then the watermark.
struct RescaleStep {
  std::vector<TextRow> rows;
  TimeNs watermark = time_min;
};

// What each of `tasks` tasks is to be restored from, in place of these.
inline void divide_states(const std::vector<std::unique_ptr<TaskHarness>>& before,
                          std::uint32_t tasks, std::vector<std::string>& parts) {
  std::vector<std::string> states;
  for (const auto& task : before) {
    StateWriter out;
    delivery::TaskState{}.write(out);
    out.put_raw(task->save());
    states.push_back(out.take());
  }
  auto divided = delivery::divide_anew(states, tasks, delivery::Division::by_group);
  ASSERT_TRUE(divided.ok()) << divided.error().what;
  StateWriter own;
  delivery::TaskState{}.write(own);
  for (const std::string& state : *divided) parts.push_back(state.substr(own.size()));
}

class RescaledTasks {
 public:
  // `grouped_by`: of the fields grouping; none: rows are dealt out, whatever their key.
  RescaledTasks(OperatorDef def, TextOptions options, std::vector<Field> fields,
                std::vector<std::string> grouped_by)
      : def_(std::move(def)),
        options_(std::move(options)),
        fields_(std::move(fields)),
        grouped_by_(std::move(grouped_by)) {
    start(1);
  }

  void start(std::uint32_t tasks) {
    counts_ = counts();
    tasks_.clear();
    for (std::uint32_t t = 0; t < tasks; ++t)
      tasks_.push_back(std::make_unique<TaskHarness>(
          def_, options_, fields_,
          HarnessSettings{.task_index = t, .task_count = tasks, .grouped_by = grouped_by_}));
  }
  void rescale(std::uint32_t tasks) {
    std::vector<std::string> parts;
    divide_states(tasks_, tasks, parts);
    ASSERT_EQ(parts.size(), tasks);
    start(tasks);
    for (std::uint32_t t = 0; t < tasks; ++t) {
      auto restored = tasks_[t]->restore(parts[t]);
      ASSERT_TRUE(restored.ok()) << restored.error().what;
    }
  }
  // What comes out, of all tasks, sorted.
  std::vector<std::string> take(const RescaleStep& step) {
    deal(step.rows);
    for (auto& task : tasks_) task->watermark(step.watermark);
    return outputs();
  }
  std::vector<std::string> finish() {
    for (auto& task : tasks_) task->finish();
    return outputs();
  }
  // What comes out of these only; before that, of all.
  void look_at(std::vector<std::size_t> streams) { streams_ = std::move(streams); }
  // Counters of all tasks, those before a rescaling included.
  std::map<std::string, std::uint64_t> counts() const {
    std::map<std::string, std::uint64_t> sums = counts_;
    for (const auto& task : tasks_)
      for (const NamedValue& value : task->counters.values())
        sums[std::string(value.name)] += value.value;
    return sums;
  }

 private:
  void deal(const std::vector<TextRow>& rows) {
    BatchBuilder builder(tasks_[0]->input_schema());
    for (const TextRow& row : rows) tasks_[0]->write_row(builder.add_row(), row, 0);
    BatchPtr batch = builder.seal();
    KeyReader reader(*tasks_[0]->input_schema(), grouped_by_);
    std::vector<Selection> shares(tasks_.size());
    for (std::uint32_t i = 0; i < batch->row_count(); ++i) {
      auto tasks = static_cast<std::uint32_t>(tasks_.size());
      std::uint32_t task = grouped_by_.empty()
                               ? dealt_++ % tasks
                               : task_of_group(key_group(reader.hash(Rows(*batch)[i])), tasks);
      shares[task].push_back(static_cast<std::uint16_t>(i));
    }
    for (std::size_t t = 0; t < tasks_.size(); ++t)
      if (!shares[t].empty())
        tasks_[t]->send(batch, std::make_shared<const Selection>(std::move(shares[t])));
  }
  std::vector<std::string> outputs() {
    std::vector<std::string> all;
    for (auto& task : tasks_)
      for (std::size_t s = 0; s < task->declaration.outputs.size(); ++s)
        for (std::string& row : task->take(s))
          if (streams_.empty() || std::ranges::find(streams_, s) != streams_.end())
            all.push_back(std::move(row));
    std::sort(all.begin(), all.end());
    return all;
  }

  OperatorDef def_;
  TextOptions options_;
  std::vector<Field> fields_;
  std::vector<std::string> grouped_by_;
  std::vector<std::size_t> streams_;
  std::map<std::string, std::uint64_t> counts_;  // of tasks that are no more
  std::vector<std::unique_ptr<TaskHarness>> tasks_;
  std::uint32_t dealt_ = 0;
};

inline void check_rescales(const OperatorDef& def, const TextOptions& options,
                           const std::vector<Field>& fields,
                           const std::vector<std::string>& grouped_by,
                           const std::vector<RescaleStep>& steps) {
  for (std::size_t cut = 1; cut < steps.size(); cut += 2) {
    RescaledTasks whole(def, options, fields, grouped_by);
    RescaledTasks rescaled(def, options, fields, grouped_by);
    rescaled.start(2);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (i == cut) rescaled.rescale(5);
      if (i == cut + 1) rescaled.rescale(1);
      if (i == cut + 2) rescaled.rescale(3);
      ASSERT_EQ(rescaled.take(steps[i]), whole.take(steps[i])) << "cut " << cut << ", step " << i;
    }
    ASSERT_EQ(rescaled.finish(), whole.finish()) << "cut " << cut << ", at the end";
  }
}

}  // namespace dnstorm::operators::testing
