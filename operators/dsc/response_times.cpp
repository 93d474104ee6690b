#include "operators/dsc/response_times.hpp"

#include <algorithm>

#include "engine/api/key.hpp"

namespace dnstorm::operators {

std::uint32_t DscResponseTimes::query(std::uint64_t txn, TimeNs time, std::uint32_t other) {
  txn = key(txn);
  std::size_t at = find(txn);
  if (slots_[at].txn == txn) {
    // A retransmission. To DSC the first one has timed out, and the time of the second counts.
    if (!buckets_.exact && time < add_time(slots_[at].time, longest())) return dsc_no_code;
    slots_[at].time = time;
    waiting_.push_back({time, txn});
    return DscBuckets::timeouts;
  }
  std::uint32_t code = dsc_no_code;
  if (open_ >= open_max_) {
    code = DscBuckets::dropped_queries;
    if (!drop_oldest_ || !drop_first()) return code;
  }
  insert(txn, time, other);
  return code;
}

std::uint32_t DscResponseTimes::response(std::uint64_t txn, TimeNs time) {
  txn = key(txn);
  std::size_t at = find(txn);
  if (slots_[at].txn != txn) return DscBuckets::missing_queries;
  // As the clocks of captures have it: microseconds.
  std::int64_t us = time / ns_per_us - slots_[at].time / ns_per_us;
  // What has timed out has done so whether or not the watermark has said it yet.
  if (!buckets_.exact && time >= add_time(slots_[at].time, longest()))
    return DscBuckets::missing_queries;
  erase(at);
  if (us < 0 && buckets_.exact) return DscBuckets::internal_errors;
  return buckets_.code(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
}

bool DscResponseTimes::drop_first() {
  if (unsorted_) sort();
  while (!waiting_.empty()) {
    Waiting first = waiting_.front();
    waiting_.pop_front();
    std::size_t at = find(first.txn);
    if (slots_[at].txn != first.txn || slots_[at].time != first.time) continue;
    erase(at);
    return true;
  }
  return false;
}

// The hash is one already.
std::size_t DscResponseTimes::find(std::uint64_t txn) const {
  std::size_t at = txn & mask_;
  while (slots_[at].txn != 0 && slots_[at].txn != txn) at = (at + 1) & mask_;
  return at;
}

void DscResponseTimes::insert(std::uint64_t txn, TimeNs time, std::uint32_t other) {
  if ((open_ + 1) * 2 > slots_.size()) grow();
  slots_[find(txn)] = {txn, time, other};
  ++open_;
  waiting_.push_back({time, txn});
}

// What stands behind it and came there only because its place was taken moves up.
void DscResponseTimes::erase(std::size_t at) {
  --open_;
  for (std::size_t next = (at + 1) & mask_; slots_[next].txn != 0; next = (next + 1) & mask_) {
    std::size_t home = slots_[next].txn & mask_;
    if (((next - home) & mask_) < ((next - at) & mask_)) continue;
    slots_[at] = slots_[next];
    at = next;
  }
  slots_[at] = {};
}

void DscResponseTimes::grow() {
  std::vector<Slot> before = std::move(slots_);
  slots_.assign(before.size() * 2, Slot{});
  mask_ = slots_.size() - 1;
  for (const Slot& slot : before)
    if (slot.txn != 0) slots_[find(slot.txn)] = slot;
}

void DscResponseTimes::sort() {
  std::sort(waiting_.begin(), waiting_.end(), [](const Waiting& a, const Waiting& b) {
    return a.time != b.time ? a.time < b.time : a.txn < b.txn;
  });
  unsorted_ = false;
}

void DscResponseTimes::save_groups(GroupSections& out) const {
  for (const Slot& slot : slots_) {
    if (slot.txn == 0) continue;
    StateWriter& section = out.of(key_group(slot.txn));
    section.put(slot.txn);
    section.put(slot.time);
    section.put(slot.other);
  }
}

bool DscResponseTimes::restore_group(std::uint32_t, StateReader& in) {
  while (!in.at_end()) {
    auto txn = in.get<std::uint64_t>();
    auto time = in.get<TimeNs>();
    auto other = in.get<std::uint32_t>();
    if (!in.ok() || txn == 0 || slots_[find(txn)].txn == txn) return false;
    if (other >= others_ && other != dsc_no_code) return false;
    insert(txn, time, other);
    unsorted_ = true;
  }
  return true;
}

}  // namespace dnstorm::operators
