#include "board/server/wall.hpp"

#include <algorithm>
#include <cmath>

namespace dnstorm::board {

// Total order, so that the same counts give the same wall whatever order they came in.
bool Wall::before(const Entry* a, const Entry* b) {
  if (a->second.count != b->second.count) return a->second.count > b->second.count;
  return a->first < b->first;
}

void Wall::add(std::string_view key, double increment, TimeNs now, TimeNs clock) {
  if (!std::isfinite(increment) || increment <= 0) return;
  total_ += increment;
  news_ = true;
  if (settled_at_ == time_min) settled_at_ = now + limits_.settled_in;
  Cell& cell = cell_for(key.substr(0, key_bytes_max), now, clock);
  cell.count += increment;
  cell.seen = now;
  if (cell.slot == no_slot) return;
  if (cell.pending == 0) touched_.push_back(cell.slot);
  cell.pending += increment;
  Trail& trail = trails_[cell.slot];
  trail.advance(now);
  trail.bins[static_cast<std::size_t>(trail.step) % trail_steps] += static_cast<float>(increment);
}

void Wall::Trail::advance(TimeNs now) {
  const TimeNs to = now / trail_step;
  const TimeNs steps = std::min(to - step, static_cast<TimeNs>(trail_steps));
  for (TimeNs i = 0; i < steps; ++i) bins[static_cast<std::size_t>(to - i) % trail_steps] = 0;
  step = std::max(step, to);
}

std::uint64_t Wall::Cell::known() const {
  if (at_least) return 1;
  return static_cast<std::uint64_t>(since / ns_per_ms);
}

Wall::Cell& Wall::cell_for(std::string_view key, TimeNs now, TimeNs clock) {
  if (const auto found = cells_.find(key); found != cells_.end()) return found->second;
  // Twice the limit before pruning: one pass over all keys pays for `tracked_max` new ones.
  if (cells_.size() >= 2 * limits_.tracked_max) prune(now);
  Cell& cell = cells_.try_emplace(std::string(key)).first->second;
  cell.at_least = overflow_;
  if (now >= settled_at_) cell.since = clock;
  return cell;
}

// Keeps owners, then warm keys, then the most counted ones.
void Wall::prune(TimeNs now) {
  std::vector<Cells::iterator> candidates;
  candidates.reserve(cells_.size());
  for (auto it = cells_.begin(); it != cells_.end(); ++it)
    if (it->second.slot == no_slot) candidates.push_back(it);
  const std::size_t keep =
      limits_.tracked_max > owned_ ? std::min(limits_.tracked_max - owned_, candidates.size()) : 0;
  const auto cut = candidates.begin() + static_cast<std::ptrdiff_t>(keep);
  std::nth_element(candidates.begin(), cut, candidates.end(), [&](auto a, auto b) {
    const bool warm_a = is_warm(a->second, now);
    const bool warm_b = is_warm(b->second, now);
    return warm_a != warm_b ? warm_a : before(&*a, &*b);
  });
  for (auto it = cut; it != candidates.end(); ++it) cells_.erase(*it);
  overflow_ = true;
}

std::vector<Wall::Entry*> Wall::warmest(TimeNs now, std::size_t n) {
  std::vector<Entry*> warm;
  for (Entry& entry : cells_) {
    entry.second.stays = false;
    if (is_warm(entry.second, now)) warm.push_back(&entry);
  }
  n = std::min(n, warm.size());
  const auto end = warm.begin() + static_cast<std::ptrdiff_t>(n);
  std::partial_sort(warm.begin(), end, warm.end(), before);
  warm.resize(n);
  return warm;
}

// Slots that may be taken, in the order in which they are: free ones, then the coldest.
std::vector<std::uint32_t> Wall::leaving() const {
  std::vector<std::uint32_t> out;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot)
    if (!slots_[slot] || !slots_[slot]->second.stays) out.push_back(slot);
  std::stable_sort(out.begin(), out.end(), [&](std::uint32_t a, std::uint32_t b) {
    const Entry* x = slots_[a];
    const Entry* y = slots_[b];
    if (!x || !y) return !x && y;
    if (x->second.seen != y->second.seen) return x->second.seen < y->second.seen;
    return before(y, x);
  });
  return out;
}

void Wall::settle(TimeNs now) {
  const std::vector<Entry*> ranked = warmest(now, 2 * slots_.size());
  for (Entry* entry : ranked) entry->second.stays = true;
  const std::vector<std::uint32_t> seats = leaving();
  auto seat = seats.begin();
  for (std::size_t rank = 0; rank < ranked.size() && rank < slots_.size(); ++rank) {
    if (ranked[rank]->second.slot != no_slot) continue;
    if (seat == seats.end()) return;
    give(*seat++, ranked[rank]);
  }
}

void Wall::give(std::uint32_t slot, Entry* entry) {
  if (Entry* owner = slots_[slot]) {
    owner->second.slot = no_slot;
    owner->second.pending = 0;
    --owned_;
  }
  slots_[slot] = entry;
  ++owned_;
  entry->second.slot = slot;
  entry->second.pending = 0;
  trails_[slot] = {};
  if (std::find(moved_.begin(), moved_.end(), slot) == moved_.end()) moved_.push_back(slot);
}

bool Wall::write_moves(JsonWriter& json) {
  if (moved_.empty()) return false;
  json.begin_array();
  for (const std::uint32_t slot : moved_) {
    Entry& entry = *slots_[slot];
    entry.second.pending = 0;  // the count below has it already
    json.value(std::uint64_t{slot})
        .value(entry.first)
        .value(entry.second.count)
        .value(entry.second.known());
  }
  json.end_array();
  moved_.clear();
  return true;
}

void Wall::write_delta(JsonWriter& json) {
  json.begin_object().key("add").begin_array();
  for (const std::uint32_t slot : touched_) {
    Cell& cell = slots_[slot]->second;
    if (cell.pending == 0) continue;  // told by a move, or told already
    json.value(std::uint64_t{slot}).value(cell.pending);
    cell.pending = 0;
  }
  touched_.clear();
  news_ = false;
  json.end_array();
  write_sums(json);
  json.end_object();
}

void Wall::write_state(JsonWriter& json) const {
  json.begin_object().key("slots").begin_array();
  for (const Entry* entry : slots_) {
    if (!entry) {
      json.null();
      continue;
    }
    const Cell& cell = entry->second;
    json.begin_array()
        .value(entry->first)
        .value(cell.count - cell.pending)
        .value(cell.known())
        .end_array();
  }
  json.end_array();
  write_sums(json);
  json.end_object();
}

bool Wall::write_trail(JsonWriter& json, std::size_t slot, TimeNs now) const {
  if (slot >= slots_.size() || !slots_[slot]) return false;
  Trail trail = trails_[slot];
  trail.advance(now);
  json.member("key", std::string_view(slots_[slot]->first))
      .member("step_ms", std::int64_t{trail_step / ns_per_ms})
      .key("bins")
      .begin_array();
  for (std::size_t i = 1; i <= trail_steps; ++i)
    json.value(double{trail.bins[(static_cast<std::size_t>(trail.step) + i) % trail_steps]});
  json.end_array();
  return true;
}

void Wall::write_sums(JsonWriter& json) const {
  json.member("total", total_)
      .member("keys", std::uint64_t{cells_.size()})
      .member("overflow", overflow_);
}

}  // namespace dnstorm::board
