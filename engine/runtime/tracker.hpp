// Lineage on the way: which pieces a task emits, for which of its inputs, and what it has to tell
// the ledgers of the spouts (at-least-once; engine/delivery/ack_ledger.hpp). Owned by the output
// router of one task.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/api/anchor.hpp"
#include "engine/runtime/wiring.hpp"

namespace dnstorm::runtime {

// What a ledger is told of one root.
struct AckItem {
  enum class Kind : std::uint8_t { update, fail, reset };
  std::uint64_t root = 0;
  std::uint64_t pieces = 0;  // of an update: XOR of the pieces that came in and went out
  Kind kind = Kind::update;
};
// To a spout task.
struct Acks {
  TaskIndex to = 0;
  std::vector<AckItem> items;
};
using SendAcks = std::function<void(Acks)>;

class Tracker {
 public:
  // Numbers of pieces are drawn from the seed: a run can be repeated.
  explicit Tracker(std::uint64_t seed) : random_(seed) {}

  // What is emitted from here on descends from these; each counts once.
  void descend_from(std::span<const Anchor> anchors);
  bool descends() const { return !parents_.empty(); }
  // Whether all that is emitted now belongs to the very roots of that anchor.
  bool same_roots(const Anchor& anchor) const;
  // A new piece of all that is emitted now; null where nothing is tracked.
  Anchor piece();

  void ack(const Lineage& input);
  void fail(const Lineage& input);
  void reset_timeout(const Lineage& input);
  // Sends what has been said since the last call, one message a spout task. `origins` are those of
  // the topology (Wiring::origins).
  void flush(const std::vector<TaskIndex>& origins, const SendAcks& send);

 private:
  std::uint64_t draw();
  void add(std::uint32_t origin, AckItem item);

  std::vector<Anchor> parents_;
  std::uint64_t random_;
  std::vector<std::pair<std::uint32_t, std::vector<AckItem>>> outbox_;  // by origin
};

}  // namespace dnstorm::runtime
