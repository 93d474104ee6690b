// Runs one task of a spout without an engine, for the unit tests of operators: rows come out as
// text, as in task_harness.hpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/operators/task_harness.hpp"

namespace dnstorm::operators::testing {

class SpoutHarness final : public Emitter::Outlet {
 public:
  // `read`: the output fields that somebody reads.
  SpoutHarness(OperatorDef operator_def, const TextOptions& options,
               const std::vector<std::string>& read, std::uint32_t task_index = 0)
      : def_(std::move(operator_def)) {
    Options parsed = Options::parse(def_.options, raw_options(options)).value();
    Declaration declaration = def_.declare(parsed, {}).value();
    Schema full(declaration.outputs[0].fields);
    context_.outputs = {std::make_shared<const Schema>(full.pruned(read))};
    context_.task_index = task_index;
    context_.clock = &clock;
    context_.counters = &counters_;
    emitter_ = std::make_unique<Emitter>(context_.outputs, *this);
    spout_ = def_.make_spout(parsed);
    opened = spout_->open(context_);
  }

  // One call of next().
  Result<Spout::Next> next() {
    auto result = spout_->next(*emitter_);
    emitter_->flush();
    return result;
  }
  // To the end, or the error.
  Result<void> run() {
    for (;;) {
      auto result = next();
      if (!result.ok()) return result.error();
      if (*result == Spout::Next::end) return {};
    }
  }
  const Spout& spout() const { return *spout_; }
  void deliver(std::size_t, BatchPtr batch, SelectionPtr) override {
    for (RowView row : Rows(*batch)) rows.push_back(row_text(batch->schema(), row));
  }

  StillClock clock;
  Result<void> opened;
  std::vector<std::string> rows;

 private:
  OperatorDef def_;
  TaskContext context_;
  CounterSet counters_;
  std::unique_ptr<Emitter> emitter_;
  std::unique_ptr<Spout> spout_;
};

}  // namespace dnstorm::operators::testing
