#include "operators/count/top_output.hpp"

#include <algorithm>

namespace dnstorm::operators {

TopOutput::TopOutput(const Schema& input, const SchemaPtr& output,
                     const std::vector<std::string>& of, std::size_t k)
    : k_(k), reader_(input, of), order_(input, of) {
  if (output == nullptr) return;
  window_ = output->ref<std::int64_t>("window");
  window_end_ = output->ref<std::int64_t>("window_end");
  rank_ = output->ref<std::uint32_t>("rank");
  count_ = output->ref<std::uint64_t>("count");
  error_ = output->ref<std::uint64_t>("error");
  targets_ = key_targets(*output, of);
}

void TopOutput::emit(std::vector<RankedItem>& items, WindowBounds bounds, Emitter& out) const {
  if (!out.wanted()) return;
  std::size_t shown = std::min(k_, items.size());
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(shown), items.end(),
                    [&](const RankedItem& a, const RankedItem& b) {
                      if (a.count != b.count) return a.count > b.count;
                      return order_.compare(a.key, b.key) < 0;
                    });
  for (std::size_t i = 0; i < shown; ++i) {
    RowWriter row = out.row();
    row.set(window_, bounds.start);
    row.set(window_end_, bounds.end);
    row.set(rank_, static_cast<std::uint32_t>(i + 1));
    reader_.restore(items[i].key, row, targets_);
    row.set(count_, items[i].count);
    row.set(error_, items[i].error);
  }
}

}  // namespace dnstorm::operators
