// A bolt that makes cycles worth having: rows go round as often as their key says.
#pragma once

#include "tests/unit/engine/runtime/fakes.hpp"

namespace dnstorm::runtime::testing {

// Sends every row round again, its key one less, until that is 0: by stream 1 or 2, then out by 0.
// It has three streams; where nobody reads stream 2, all go by 1.
class HopBolt final : public Bolt {
 public:
  Result<void> prepare(const TaskContext&) override { return {}; }
  void execute(const InputBatch& in, Emitter& out) override {
    for (RowView row : in.rows()) {
      TestRow value = fields_.read(row);
      std::size_t stream = value.key == 0 ? 0 : out.wanted(2) ? 1 + value.key % 2 : 1;
      if (value.key != 0) --value.key;
      fields_.write(out.row(stream), value);
    }
  }

 private:
  RowFields fields_;
};

}  // namespace dnstorm::runtime::testing
