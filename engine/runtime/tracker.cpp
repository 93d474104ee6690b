#include "engine/runtime/tracker.hpp"

#include <algorithm>

namespace dnstorm::runtime {

void Tracker::descend_from(std::span<const Anchor> anchors) {
  parents_.clear();
  for (const Anchor& anchor : anchors) {
    bool known = std::find(parents_.begin(), parents_.end(), anchor) != parents_.end();
    // What has been acked can have no more descendants: its root may be done.
    if (anchor && !anchor->settled && !known) parents_.push_back(anchor);
  }
}

bool Tracker::same_roots(const Anchor& anchor) const {
  if (parents_.size() != 1) return false;
  const auto& ours = parents_[0]->trees;
  const auto& theirs = anchor->trees;
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                    [](const Lineage::Tree& a, const Lineage::Tree& b) {
                      return a.origin == b.origin && a.root == b.root;
                    });
}

Anchor Tracker::piece() {
  if (parents_.empty()) return nullptr;
  auto piece = std::make_shared<Lineage>();
  for (const Anchor& parent : parents_) {
    for (Lineage::Tree& tree : parent->trees) {
      bool known = std::any_of(piece->trees.begin(), piece->trees.end(), [&](const auto& other) {
        return other.origin == tree.origin && other.root == tree.root;
      });
      if (known) continue;
      std::uint64_t edge = draw();
      tree.children ^= edge;
      piece->trees.push_back({tree.origin, tree.root, edge, 0});
    }
  }
  return piece;
}

// splitmix64 (Steele et al., 2014): never zero twice in a row, and never the same within 2^64.
std::uint64_t Tracker::draw() {
  std::uint64_t z = (random_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// Updates of one root are additive: what cancels here need not be sent.
void Tracker::add(std::uint32_t origin, AckItem item) {
  auto box = std::find_if(outbox_.begin(), outbox_.end(),
                          [origin](const auto& entry) { return entry.first == origin; });
  if (box == outbox_.end()) box = outbox_.insert(outbox_.end(), {origin, {}});
  std::vector<AckItem>& items = box->second;
  if (!items.empty() && items.back().root == item.root && items.back().kind == item.kind)
    items.back().pieces ^= item.pieces;
  else
    items.push_back(item);
}

void Tracker::ack(const Lineage& input) {
  for (const Lineage::Tree& tree : input.trees)
    add(tree.origin, {tree.root, tree.edge ^ tree.children, AckItem::Kind::update});
}

void Tracker::fail(const Lineage& input) {
  for (const Lineage::Tree& tree : input.trees)
    add(tree.origin, {tree.root, 0, AckItem::Kind::fail});
}

void Tracker::reset_timeout(const Lineage& input) {
  for (const Lineage::Tree& tree : input.trees)
    add(tree.origin, {tree.root, 0, AckItem::Kind::reset});
}

void Tracker::flush(const std::vector<TaskIndex>& origins, const SendAcks& send) {
  for (auto& [origin, items] : outbox_)
    if (!items.empty()) send({origins[origin], std::exchange(items, {})});
}

}  // namespace dnstorm::runtime
