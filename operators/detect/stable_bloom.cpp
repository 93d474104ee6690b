#include "operators/detect/stable_bloom.hpp"

#include <algorithm>
#include <bit>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

StableBloom::StableBloom(std::size_t lines) : lines_(lines) {
  DNSTORM_ASSERT(std::has_single_bit(lines) && lines <= std::size_t{1} << 28,
                 "a filter has 2^0 to 2^28 lines", lines);
}

std::array<StableBloom::Cell, StableBloom::cells_of_item> StableBloom::cells(
    std::uint64_t mixed) const {
  std::size_t line = (mixed & (lines_ - 1)) * words_of_line;
  std::array<Cell, cells_of_item> found;
  for (int i = 0; i < cells_of_item; ++i) {
    std::uint64_t cell = mixed >> (28 + 8 * i) & 255;
    found[static_cast<std::size_t>(i)] = {line + cell / cells_of_word,
                                          static_cast<int>(cell % cells_of_word) * 2};
  }
  return found;
}

void StableBloom::give_lives(const std::array<Cell, cells_of_item>& cells) {
  for (const Cell& cell : cells) words_[cell.word] |= std::uint64_t{3} << cell.shift;
}

bool StableBloom::meet(std::uint64_t hash) {
  if (words_.empty()) return false;
  auto of_item = cells(hash_number(hash));
  for (const Cell& cell : of_item)
    if ((words_[cell.word] >> cell.shift & 3) == 0) return false;
  give_lives(of_item);
  return true;
}

void StableBloom::add(std::uint64_t hash) {
  if (words_.empty()) words_.resize(lines_ * words_of_line);
  std::uint64_t mixed = hash_number(hash);
  // Another mixture decides who loses: not the item's own line.
  std::uint64_t& losing = words_[hash_number(mixed + 0x2545f4914f6cdd1dULL) & (words_.size() - 1)];
  constexpr std::uint64_t ones = 0x5555555555555555ULL;
  losing -= (losing | losing >> 1) & ones;
  give_lives(cells(mixed));
}

void StableBloom::save(StateWriter& out) const {
  out.put(!words_.empty());
  if (words_.empty()) return;
  auto used = static_cast<std::uint64_t>(
      std::count_if(words_.begin(), words_.end(), [](auto word) { return word != 0; }));
  out.put(std::uint64_t{words_.size()});
  // Words with their places, as long as that is shorter.
  bool sparse = used * 3 < words_.size() * 2;
  out.put(sparse);
  if (sparse) out.put(used);
  for (std::uint32_t i = 0; i < words_.size(); ++i) {
    if (sparse && words_[i] == 0) continue;
    if (sparse) out.put(i);
    out.put(words_[i]);
  }
}

bool StableBloom::restore(StateReader& in) {
  if (!in.get<bool>()) return in.ok();
  if (in.get<std::uint64_t>() != lines_ * words_of_line) return false;
  bool sparse = in.get<bool>();
  std::uint64_t count = lines_ * words_of_line;
  if (sparse) count = in.get_count(sizeof(std::uint32_t) + sizeof(std::uint64_t));
  words_.assign(lines_ * words_of_line, 0);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    std::uint64_t at = sparse ? in.get<std::uint32_t>() : i;
    if (at >= words_.size()) return false;
    words_[at] = in.get<std::uint64_t>();
  }
  return in.ok();
}

}  // namespace dnstorm::operators
