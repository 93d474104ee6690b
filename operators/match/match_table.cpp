#include "operators/match/match_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/assert.hpp"
#include "operators/event_time.hpp"

namespace dnstorm::operators {

namespace {
constexpr std::size_t slots_min = 16;
}

bool MatchTable::in_time(const OpenQuery& query, TimeNs now) const {
  return now < add_time(query.time, timeout_);
}

std::uint32_t MatchTable::find(std::uint64_t hash, const OpenQuery& wanted, bool by_question,
                               bool answered) const {
  std::uint32_t best = none;
  if (slots_.empty()) return best;
  for (std::uint32_t at = low(hash) & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (slots_[at].hash != low(hash)) continue;
    std::uint32_t number = slots_[at].next - 1;
    const OpenQuery& query = queries_[number];
    if (query.answered != answered || !query.same_transaction(wanted)) continue;
    if (by_question && !query.same_question(wanted)) continue;
    if (!in_time(query, wanted.time)) continue;
    auto rank = [this](std::uint32_t n) {
      return std::tie(queries_[n].time, queries_[n].qname_hash, queries_[n].qtype);
    };
    if (best == none || rank(number) < rank(best)) best = number;
  }
  return best;
}

void MatchTable::open(std::uint64_t hash, const OpenQuery& query, std::string_view qname) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  std::uint32_t number = new_number();
  queries_[number] = query;
  if (keep_names_) names_[number] = qname;
  std::uint32_t at = low(hash) & mask_;
  while (slots_[at].next != 0) at = (at + 1) & mask_;
  slots_[at] = {low(hash), number + 1};
  ++size_;
  Deadline deadline{add_time(query.time, timeout_), low(hash), number};
  if (queue_head_ == queue_.size() || queue_.back().time <= deadline.time) {
    queue_.push_back(deadline);
    return;
  }
  heap_.push_back(deadline);
  std::push_heap(heap_.begin(), heap_.end(),
                 [](const Deadline& a, const Deadline& b) { return a.time > b.time; });
}

std::uint32_t MatchTable::new_number() {
  if (free_.empty()) {
    queries_.emplace_back();
    if (keep_names_) names_.emplace_back();
    return static_cast<std::uint32_t>(queries_.size() - 1);
  }
  std::uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void MatchTable::grow() {
  std::vector<Slot> old =
      std::exchange(slots_, std::vector<Slot>(std::max(slots_min, slots_.size() * 2)));
  mask_ = static_cast<std::uint32_t>(slots_.size() - 1);
  for (const Slot& slot : old) {
    if (slot.next == 0) continue;
    std::uint32_t at = slot.hash & mask_;
    while (slots_[at].next != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

bool MatchTable::heap_is_next() const {
  if (heap_.empty()) return false;
  return queue_head_ == queue_.size() || heap_.front().time < queue_[queue_head_].time;
}

TimeNs MatchTable::next_deadline() const {
  if (size_ == 0) return time_max;
  return heap_is_next() ? heap_.front().time : queue_[queue_head_].time;
}

MatchTable::Deadline MatchTable::pop_oldest() {
  DNSTORM_ASSERT(size_ != 0, "a query is taken from an empty table");
  if (heap_is_next()) {
    std::pop_heap(heap_.begin(), heap_.end(),
                  [](const Deadline& a, const Deadline& b) { return a.time > b.time; });
    Deadline oldest = heap_.back();
    heap_.pop_back();
    return oldest;
  }
  Deadline oldest = queue_[queue_head_++];
  // The taken part is dropped when it is the larger one: each entry is moved at most once.
  if (queue_head_ >= 64 && queue_head_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_head_));
    queue_head_ = 0;
  }
  return oldest;
}

// Linear probing without tombstones: whatever stands behind the gap and may stand in it moves up
// (Knuth, TAOCP 3, 6.4 algorithm R).
void MatchTable::remove(const Deadline& entry) {
  std::uint32_t gap = entry.hash & mask_;
  while (slots_[gap].next != entry.number + 1) gap = (gap + 1) & mask_;
  for (std::uint32_t at = (gap + 1) & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (((at - slots_[at].hash) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
  free_.push_back(entry.number);
  --size_;
}

}  // namespace dnstorm::operators
