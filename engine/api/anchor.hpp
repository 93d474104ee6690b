// Anchors: which input a row descends from, where every row is tracked to its end
// (`topology.delivery: at-least-once`).
//
// A *root* is one emission of a spout that wants to hear of its end (Spout::ack, Spout::fail): a
// batch of rows or a single one. Every piece of it that goes over an edge has a random number; the
// spout's ledger is the XOR of the numbers of all pieces under way, and zero when there are none
// (Storm's acker). A Lineage is one such piece, or several where a bolt has joined roots.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace dnstorm {

struct Lineage {
  struct Tree {
    std::uint32_t origin = 0;    // the spout task
    std::uint64_t root = 0;      // as that task numbers them
    std::uint64_t edge = 0;      // the number of this piece
    std::uint64_t children = 0;  // XOR of the numbers of what was emitted for it
  };
  std::vector<Tree> trees;
  bool settled = false;  // acked or failed
};

// Input rows as a bolt names them when it emits, acks or fails. Null: they are not tracked, and all
// that is done with it is without effect. Of the task that received it; touched by its executor
// only.
using Anchor = std::shared_ptr<Lineage>;

}  // namespace dnstorm
