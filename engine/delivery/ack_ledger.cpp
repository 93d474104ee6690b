#include "engine/delivery/ack_ledger.hpp"

#include "engine/base/assert.hpp"

namespace dnstorm::delivery {

std::uint64_t AckLedger::begin() {
  entries_.push_back({0, period_, false, false, false});
  ++pending_;
  return first_ + entries_.size() - 1;
}

AckLedger::Entry* AckLedger::find(std::uint64_t root) {
  if (root < first_) return nullptr;
  DNSTORM_ASSERT(root - first_ < entries_.size(), "an ack for a root that never was", root);
  Entry& entry = entries_[root - first_];
  return entry.ended ? nullptr : &entry;
}

void AckLedger::settle(std::uint64_t root, Entry& entry, End how) {
  entry.ended = true;
  --pending_;
  ended_.push_back({root, how});
  while (!entries_.empty() && entries_.front().ended) {
    entries_.pop_front();
    ++first_;
  }
}

void AckLedger::seal(std::uint64_t root, std::uint64_t pieces) {
  Entry* entry = find(root);
  DNSTORM_ASSERT(entry != nullptr && !entry->sealed, "a root is sealed twice", root);
  entry->sealed = true;
  entry->pieces ^= pieces;
  if (entry->failed)
    settle(root, *entry, End::failed);
  else if (entry->pieces == 0)
    settle(root, *entry, End::acked);
}

void AckLedger::update(std::uint64_t root, std::uint64_t pieces) {
  Entry* entry = find(root);
  if (entry == nullptr) return;
  entry->pieces ^= pieces;
  if (entry->sealed && entry->pieces == 0) settle(root, *entry, End::acked);
}

void AckLedger::fail(std::uint64_t root) {
  Entry* entry = find(root);
  if (entry == nullptr) return;
  if (entry->sealed)
    settle(root, *entry, End::failed);
  else
    entry->failed = true;
}

void AckLedger::reset(std::uint64_t root) {
  if (Entry* entry = find(root)) entry->period = period_;
}

void AckLedger::rotate() {
  ++period_;
  std::uint64_t end = first_ + entries_.size();
  for (std::uint64_t root = first_; root < end; ++root) {
    // settle() takes from the front of the entries: they are found anew each time.
    Entry* entry = find(root);
    if (entry != nullptr && entry->sealed && entry->period + 2 <= period_)
      settle(root, *entry, End::timed_out);
  }
}

}  // namespace dnstorm::delivery
