// The ledger of a spout task: which of its roots are still under way. Each root is one number, the
// XOR of the numbers of its pieces; a piece comes in when it is emitted and goes out when it is
// acked, so the number is zero exactly when nothing is left (Storm's acker, but beside the spout:
// an ack goes home, and a root begins before any of its acks can arrive).
//
// A root that is not done fails when two rotations have passed since it began or was reset: with a
// rotation every T, between T and 2T. A pure state machine, owned by one spout task.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace dnstorm::delivery {

class AckLedger {
 public:
  enum class End : std::uint8_t { acked, failed, timed_out };
  struct Ended {
    std::uint64_t root = 0;
    End how = End::acked;
  };

  // A new root, numbered from 0 without gaps. It cannot end before seal().
  std::uint64_t begin();
  // All of a root has been emitted: `pieces` is the XOR of what the spout itself sent out.
  void seal(std::uint64_t root, std::uint64_t pieces);
  // Pieces that came in and went out, in one number. A root that has ended is no longer known: what
  // comes for it is ignored.
  void update(std::uint64_t root, std::uint64_t pieces);
  void fail(std::uint64_t root);
  // The time of the root begins anew.
  void reset(std::uint64_t root);
  // One period of the time-out has passed.
  void rotate();

  // Those that have ended since the last call, in the order in which they did.
  std::vector<Ended> take_ended() { return std::exchange(ended_, {}); }
  bool has_ended() const { return !ended_.empty(); }
  // Roots under way.
  std::size_t pending() const { return pending_; }

 private:
  struct Entry {
    std::uint64_t pieces = 0;
    std::uint64_t period = 0;  // in which it began or was reset
    bool sealed = false;
    bool failed = false;  // before it was sealed
    bool ended = false;
  };
  Entry* find(std::uint64_t root);
  void settle(std::uint64_t root, Entry& entry, End how);

  std::deque<Entry> entries_;  // of roots first_, first_ + 1, ...
  std::uint64_t first_ = 0;
  std::uint64_t period_ = 0;
  std::size_t pending_ = 0;
  std::vector<Ended> ended_;
};

}  // namespace dnstorm::delivery
