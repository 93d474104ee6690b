#include "operators/detect/seen_items.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t lines_max = std::size_t{1} << 28;  // what bit() leaves of a hash

}  // namespace

SeenItems::SeenItems(std::size_t lines) : lines_(std::bit_ceil(std::max<std::size_t>(lines, 1))) {
  DNSTORM_ASSERT(lines_ <= lines_max, "a filter has at most 2^28 lines", lines_);
}

void SeenItems::begin() {
  for (Filter* filter : {&current_, &previous_, &added_}) filter->resize(lines_);
}

void SeenItems::turn() {
  if (!touched_) return;
  touched_ = false;
  std::uint64_t set = 0;
  for (std::size_t i = 0; i < lines_; ++i)
    for (std::size_t word = 0; word < 8; ++word) {
      std::uint64_t& bits = current_[i].words[word];
      bits |= std::exchange(added_[i].words[word], 0);
      set += static_cast<std::uint64_t>(std::popcount(bits));
    }
  if (set * 3 < lines_ * 512) return;
  std::swap(current_, previous_);
  std::fill(current_.begin(), current_.end(), Line{});
}

namespace {

// Words that are not 0, with their places: most of a filter is empty for a long time.
template <class Filter>
void save_filter(const Filter& filter, StateWriter& out) {
  std::uint64_t used = 0;
  for (const auto& line : filter)
    used += static_cast<std::uint64_t>(
        std::count_if(line.words.begin(), line.words.end(), [](auto word) { return word != 0; }));
  out.put(used);
  for (std::uint32_t i = 0; i < filter.size(); ++i)
    for (std::uint32_t word = 0; word < 8; ++word) {
      if (filter[i].words[word] == 0) continue;
      out.put(i * 8 + word);
      out.put(filter[i].words[word]);
    }
}

template <class Filter>
bool restore_filter(StateReader& in, Filter& filter) {
  std::uint64_t used = in.get_count(sizeof(std::uint32_t) + sizeof(std::uint64_t));
  for (; used > 0; --used) {
    auto place = in.get<std::uint32_t>();
    auto bits = in.get<std::uint64_t>();
    if (place / 8 >= filter.size()) return false;
    filter[place / 8].words[place % 8] = bits;
  }
  return in.ok();
}

}  // namespace

void SeenItems::save(StateWriter& out) const {
  out.put(!current_.empty());
  if (current_.empty()) return;
  out.put(std::uint64_t{lines_});
  out.put(touched_);
  save_filter(current_, out);
  save_filter(previous_, out);
  save_filter(added_, out);
}

bool SeenItems::restore(StateReader& in) {
  if (!in.get<bool>()) return in.ok();
  if (in.get<std::uint64_t>() != lines_) return false;
  touched_ = in.get<bool>();
  for (Filter* filter : {&current_, &previous_, &added_}) {
    filter->assign(lines_, Line{});
    if (!restore_filter(in, *filter)) return false;
  }
  return in.ok();
}

}  // namespace dnstorm::operators
