#include "engine/runtime/root_tracker.hpp"

namespace dnstorm::runtime {

void RootTracker::open(Kept kept) {
  seal();
  if (since_ && !kept.since) {
    kept.since = since_;
    ++held_[*since_];
  }
  std::uint64_t number = ledger_.begin();
  root_ = std::make_shared<Lineage>();
  root_->trees.push_back({origin_, number, 0, 0});
  kept_.emplace(number, std::move(kept));
  router_.anchor_to({&root_, 1});
}

void RootTracker::seal() {
  if (!root_) return;
  ledger_.seal(root_->trees[0].root, root_->trees[0].children);
  root_ = nullptr;
  router_.anchor_to({});
}

void RootTracker::track(std::uint64_t message) { open({message, true}); }

void RootTracker::deliver(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  bool named = root_ && kept_.at(root_->trees[0].root).told;
  if (!each_row_ || named) {
    if (!root_) open({});
    send(stream, std::move(batch), std::move(selection));
    return;
  }
  dnstorm::Rows rows(*batch, selection.get());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    open({});
    send(stream, batch,
         std::make_shared<const Selection>(Selection{static_cast<std::uint16_t>(rows.index(i))}));
  }
  seal();
}

void RootTracker::send(std::size_t stream, BatchPtr batch, SelectionPtr selection) {
  kept_.at(root_->trees[0].root).rows.push_back({stream, batch, selection});
  router_.deliver(stream, std::move(batch), std::move(selection));
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
    auto found = kept_.find(ended.root);
    Kept kept = std::move(found->second);
    kept_.erase(found);
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
  std::vector<Rows> rows = std::move(kept.rows);
  kept.rows.clear();
  open(std::move(kept));
  for (Rows& part : rows) send(part.stream, std::move(part.batch), std::move(part.selection));
  seal();
}

}  // namespace dnstorm::runtime
