#include "operators/match/match_table.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t slots_min = 16;

// Makes a heap whose front is the earliest.
constexpr auto later = [](const auto& a, const auto& b) { return a.time > b.time; };

}  // namespace

std::uint32_t MatchTable::find(std::uint64_t hash, const OpenQuery& message,
                               bool by_question) const {
  std::uint32_t best = none;
  if (slots_.empty()) return best;
  for (std::uint32_t at = low(hash) & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (slots_[at].hash != low(hash)) continue;
    std::uint32_t number = slots_[at].next - 1;
    const OpenQuery& query = queries_[number];
    if (!query.same_transaction(message)) continue;
    if (by_question && !query.same_question(message)) continue;
    if (message.time >= add_time(query.time, timeout_)) continue;
    if (best == none || query.before(queries_[best])) best = number;
  }
  return best;
}

void MatchTable::open(std::uint64_t hash, const OpenQuery& query, std::string_view qname) {
  if ((size_ + 1) * 2 > slots_.size()) grow();
  std::uint32_t number = new_number();
  queries_[number] = query;
  if (keep_names_) names_[number] = qname;
  enter(low(hash), number);
  add_deadline({add_time(query.time, timeout_), low(hash), number});
}

void MatchTable::enter(std::uint32_t hash, std::uint32_t number) {
  std::uint32_t at = hash & mask_;
  while (slots_[at].next != 0) at = (at + 1) & mask_;
  slots_[at] = {hash, number + 1};
  ++size_;
}

void MatchTable::close(std::uint64_t hash, std::uint32_t number) {
  std::uint32_t place = place_of({add_time(queries_[number].time, timeout_), low(hash), number});
  DNSTORM_ASSERT(place != none, "a query is closed that is not open", number);
  remove(place);
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

void MatchTable::add_deadline(const Deadline& deadline) {
  // What is dropped is three quarters of what is looked at.
  if (queue_.size() - queue_head_ + heap_.size() > 4 * size_ + 64) drop_closed_deadlines();
  if (queue_head_ == queue_.size() || queue_.back().time <= deadline.time) {
    queue_.push_back(deadline);
    return;
  }
  heap_.push_back(deadline);
  std::push_heap(heap_.begin(), heap_.end(), later);
}

void MatchTable::drop_closed_deadlines() {
  auto closed = [this](const Deadline& due) { return place_of(due) == none; };
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(queue_head_));
  queue_head_ = 0;
  std::erase_if(queue_, closed);
  std::erase_if(heap_, closed);
  std::make_heap(heap_.begin(), heap_.end(), later);
}

bool MatchTable::heap_is_next() const {
  if (heap_.empty()) return false;
  return queue_head_ == queue_.size() || heap_.front().time < queue_[queue_head_].time;
}

TimeNs MatchTable::next_deadline() const {
  if (!has_deadlines()) return time_max;
  return heap_is_next() ? heap_.front().time : queue_[queue_head_].time;
}

MatchTable::Deadline MatchTable::pop_deadline() {
  DNSTORM_ASSERT(has_deadlines(), "a deadline is taken and there is none", size_);
  if (heap_is_next()) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
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

std::uint32_t MatchTable::place_of(const Deadline& due) const {
  if (slots_.empty()) return none;
  for (std::uint32_t at = due.hash & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (slots_[at].next != due.number + 1) continue;
    // The number may have been given to another query since.
    bool same =
        slots_[at].hash == due.hash && add_time(queries_[due.number].time, timeout_) == due.time;
    return same ? at : none;
  }
  return none;
}

// Linear probing without tombstones: whatever stands behind the gap and may stand in it moves up
// (Knuth, TAOCP 3, 6.4 algorithm R).
void MatchTable::remove(std::uint32_t place) {
  free_.push_back(slots_[place].next - 1);
  std::uint32_t gap = place;
  for (std::uint32_t at = (gap + 1) & mask_; slots_[at].next != 0; at = (at + 1) & mask_) {
    if (((at - slots_[at].hash) & mask_) < ((at - gap) & mask_)) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
  --size_;
}

}  // namespace dnstorm::operators
