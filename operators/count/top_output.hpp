// The result of a top: ranks items and writes them as rows. Shared by both forms of `top`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/key.hpp"
#include "engine/api/options.hpp"
#include "operators/count/key_index.hpp"
#include "operators/count/space_saving.hpp"
#include "operators/windowing/windows.hpp"

namespace dnstorm::operators {

struct RankedItem {
  std::uint64_t count = 0;
  std::uint64_t error = 0;
  std::string_view key;  // as KeyReader::append() writes it
};

class TopOutput {
 public:
  TopOutput() = default;
  // `input` is a schema with the fields `of`; `output` may be null (no reader).
  TopOutput(const Schema& input, const SchemaPtr& output, const std::vector<std::string>& of,
            std::size_t k);

  // Writes the k first: count descending, then key ascending. Reorders `items`.
  void emit(std::vector<RankedItem>& items, WindowBounds bounds, Emitter& out) const;
  // A part: the sketch of a key group with the first of its items, of which there is one at least.
  void emit_group(std::vector<RankedItem>& items, WindowBounds bounds, std::uint32_t group,
                  const SpaceSaving& sketch, Emitter& out) const;
  const KeyOrder& order() const { return order_; }

 private:
  void sort_first(std::vector<RankedItem>& items, std::size_t count) const;
  RowWriter write(const RankedItem& item, WindowBounds bounds, Emitter& out) const;

  std::size_t k_ = 0;
  KeyReader reader_;  // of any schema with these fields: knows how keys are put together
  KeyOrder order_;
  FieldRef<std::int64_t> window_;
  FieldRef<std::int64_t> window_end_;
  FieldRef<std::uint32_t> rank_;
  FieldRef<std::uint32_t> group_;
  FieldRef<Bytes> sketch_;
  FieldRef<std::uint64_t> count_;
  FieldRef<std::uint64_t> error_;
  std::vector<std::uint32_t> targets_;
};

// The bolt behind `merge: true`: ranks what several tasks of a top have found as one, items or
// sketches.
std::unique_ptr<Bolt> make_top_merge(const Options& options);

}  // namespace dnstorm::operators
