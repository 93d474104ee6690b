#include "engine/runtime/root_tracker.hpp"

#include <utility>

#include "engine/base/assert.hpp"

namespace dnstorm::runtime {

void RootTracker::open(Kept kept) {
  seal();
  if (since_ && !kept.since) {
    kept.since = since_;
    ++held_[*since_];
  }
  std::uint64_t number = ledger_.begin();
  DNSTORM_ASSERT(number == first_ + place_.size(), "a root is kept in the place of another", number,
                 first_);
  // One for all: it is of use to nobody any more when the root is sealed.
  if (!root_) root_ = std::make_shared<Lineage>();
  root_->trees.assign(1, {origin_, number, 0, 0});
  open_ = true;
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(kept_.size()));
    kept_.emplace_back();
  }
  place_.push_back(free_.back());
  free_.pop_back();
  kept_[place_.back()] = std::move(kept);
  router_.anchor_to({&root_, 1});
}

void RootTracker::seal() {
  if (!open_) return;
  ledger_.seal(root_->trees[0].root, root_->trees[0].children);
  open_ = false;
  router_.anchor_to({});
}

void RootTracker::track(std::uint64_t message) { open({.message = message, .told = true}); }

void RootTracker::deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  bool named = open_ && kept(root_->trees[0].root).told;
  if (!each_row_ || named) {
    if (!open_) open({});
    send(stream, std::move(batch), std::move(selection));
    return;
  }
  dnstorm::Rows rows(*batch, selection.get());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    open({});
    send(stream, batch, alone(rows.index(i)));
  }
  seal();
}

// Made once: the same few are wanted again and again.
const SelectionPtr& RootTracker::alone(std::uint32_t row) {
  if (row >= alone_.size()) alone_.resize(row + std::size_t{1});
  if (!alone_[row])
    alone_[row] = std::make_shared<const Selection>(Selection{static_cast<std::uint16_t>(row)});
  return alone_[row];
}

void RootTracker::send(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  Kept& kept = this->kept(root_->trees[0].root);
  if (!kept.rows.batch)
    kept.rows = {stream, batch, selection};
  else
    kept.more.push_back({stream, batch, selection});
  router_.deliver(stream, std::move(batch), std::move(selection));
}

RootTracker::Kept RootTracker::take_kept(std::uint64_t root) {
  std::uint32_t& place = place_[root - first_];
  DNSTORM_ASSERT(place != nowhere, "a root ends twice", root);
  Kept taken = std::exchange(kept_[place], {});
  free_.push_back(std::exchange(place, nowhere));
  for (; !place_.empty() && place_.front() == nowhere; ++first_) place_.pop_front();
  return taken;
}

void RootTracker::take(const Acks& acks) {
  for (const AckItem& item : acks.items) {
    switch (item.kind) {
      case AckItem::Kind::update:
        ledger_.update(item.root, item.pieces);
        break;
      case AckItem::Kind::fail:
        ledger_.fail(item.root);
        break;
      case AckItem::Kind::reset:
        ledger_.reset(item.root);
        break;
    }
  }
}

void RootTracker::settle(Spout& spout, TaskStats& stats, TaskHooks* hooks) {
  for (const auto& ended : ledger_.take_ended()) {
    Kept kept = take_kept(ended.root);
    if (ended.how == delivery::AckLedger::End::acked) {
      stats.acked.add();
      if (hooks != nullptr) hooks->each([&](TaskHook& hook) { hook.spout_acked(kept.message); });
      release(kept);
      if (kept.told) spout.ack(kept.message);
      continue;
    }
    stats.failed.add();
    if (hooks != nullptr) hooks->each([&](TaskHook& hook) { hook.spout_failed(kept.message); });
    if (ended.how == delivery::AckLedger::End::timed_out) stats.timed_out.add();
    if (!kept.told || spout.fail(kept.message) == Spout::Failed::replay)
      replays_.push_back(std::move(kept));
    else
      release(kept);
  }
}

void RootTracker::release(const Kept& kept) {
  if (!kept.since) return;
  auto held = held_.find(*kept.since);
  if (--held->second == 0) held_.erase(held);
}

void RootTracker::forget_replays() {
  for (const Kept& kept : replays_) release(kept);
  replays_.clear();
}

void RootTracker::replay() {
  Kept kept = std::move(replays_.front());
  replays_.pop_front();
  Rows first = std::move(kept.rows);
  std::vector<Rows> more = std::move(kept.more);
  kept.rows = {};
  kept.more.clear();
  open(std::move(kept));
  if (first.batch) send(first.stream, std::move(first.batch), std::move(first.selection));
  for (Rows& part : more) send(part.stream, std::move(part.batch), std::move(part.selection));
  seal();
}

}  // namespace dnstorm::runtime
