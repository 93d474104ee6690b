#include "cluster/feed/held_acks.hpp"

#include <algorithm>

namespace dnstorm::cluster {

void HeldAcks::hold(const std::string& node, FeedAck ack, std::vector<std::uint64_t> marks) {
  Worker& worker = workers_[node];
  if (worker.taken.incarnation != ack.incarnation) worker = {};
  if (!marks.empty()) worker.waiting.push_back({ack.sequence, std::move(marks)});
  worker.taken = std::move(ack);
}

// All words up to that one.
std::uint64_t HeldAcks::settled(Worker& worker, const IsSettled& is_settled) {
  while (!worker.waiting.empty()) {
    const Word& word = worker.waiting.front();
    if (!std::all_of(word.marks.begin(), word.marks.end(), is_settled)) return word.sequence - 1;
    worker.waiting.pop_front();
  }
  return worker.taken.sequence;
}

std::optional<FeedAck> HeldAcks::of(const std::string& node, const IsSettled& is_settled) {
  auto found = workers_.find(node);
  if (found == workers_.end()) return std::nullopt;
  Worker& worker = found->second;
  worker.told = settled(worker, is_settled);
  if (worker.told == 0) return std::nullopt;
  FeedAck ack = worker.taken;
  ack.sequence = worker.told;
  return ack;
}

std::vector<std::pair<std::string, FeedAck>> HeldAcks::due(const IsSettled& is_settled) {
  std::vector<std::pair<std::string, FeedAck>> acks;
  for (auto& [node, worker] : workers_) {
    const std::uint64_t before = worker.told;
    if (worker.waiting.empty() && before == worker.taken.sequence) continue;
    if (auto ack = of(node, is_settled); ack && ack->sequence > before)
      acks.emplace_back(node, std::move(*ack));
  }
  return acks;
}

}  // namespace dnstorm::cluster
