#include "operators/count/top_output.hpp"

#include <algorithm>

#include "operators/count/parts.hpp"

namespace dnstorm::operators {

TopOutput::TopOutput(const Schema& input, const SchemaPtr& output,
                     const std::vector<std::string>& of, std::size_t k)
    : k_(k), reader_(input, of), order_(input, of) {
  if (output == nullptr) return;
  window_ = output->ref<std::int64_t>("window");
  window_end_ = output->ref<std::int64_t>("window_end");
  rank_ = output->ref<std::uint32_t>("rank");
  group_ = output->ref<std::uint32_t>("group");
  sketch_ = output->ref<Bytes>(sketch_field);
  count_ = output->ref<std::uint64_t>("count");
  error_ = output->ref<std::uint64_t>("error");
  targets_ = key_targets(*output, of);
}

void TopOutput::sort_first(std::vector<RankedItem>& items, std::size_t count) const {
  std::partial_sort(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count), items.end(),
                    [&](const RankedItem& a, const RankedItem& b) {
                      if (a.count != b.count) return a.count > b.count;
                      return order_.compare(a.key, b.key) < 0;
                    });
}

RowWriter TopOutput::write(const RankedItem& item, WindowBounds bounds, Emitter& out) const {
  RowWriter row = out.row();
  row.set(window_, bounds.start);
  row.set(window_end_, bounds.end);
  reader_.restore(item.key, row, targets_);
  row.set(count_, item.count);
  row.set(error_, item.error);
  return row;
}

void TopOutput::emit(std::vector<RankedItem>& items, WindowBounds bounds, Emitter& out) const {
  if (!out.wanted()) return;
  std::size_t shown = std::min(k_, items.size());
  sort_first(items, shown);
  for (std::size_t i = 0; i < shown; ++i)
    write(items[i], bounds, out).set(rank_, static_cast<std::uint32_t>(i + 1));
}

void TopOutput::emit_group(std::vector<RankedItem>& items, WindowBounds bounds, std::uint32_t group,
                           const SpaceSaving& sketch, Emitter& out) const {
  sort_first(items, 1);
  RowWriter row = write(items.front(), bounds, out);
  row.set(group_, group);
  if (!sketch_.present()) return;
  StateWriter bytes;
  sketch.save(bytes);
  std::string saved = bytes.take();
  row.set_bytes(sketch_, {reinterpret_cast<const std::uint8_t*>(saved.data()), saved.size()});
}

}  // namespace dnstorm::operators
