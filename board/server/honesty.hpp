// The honesty line: where every packet went. The engine's owner fills one from its counters
// whenever the board asks (ten times a second, on the board's thread); the board shows it and says
// so when captured = parsed + malformed + not_dns + filtered + in_flight does not hold.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace dnstorm::board {

// One component of the topology, summed over its tasks.
struct ComponentCounts {
  std::string id;
  std::string kind;  // "spout" | "bolt"
  std::uint64_t tasks = 0;
  std::uint64_t executed = 0;  // tuples taken in; 0 for a spout
  std::uint64_t emitted = 0;   // tuples given out
  std::uint64_t failed = 0;
};

// All counts are cumulative since the start of the run.
struct Honesty {
  std::uint64_t captured = 0;  // packets handed to us
  std::uint64_t parsed = 0;    // DNS messages decoded
  std::uint64_t malformed = 0;
  std::uint64_t not_dns = 0;
  std::uint64_t filtered = 0;
  std::uint64_t in_flight = 0;          // captured, on their way to one of the four above
  std::uint64_t dropped_kernel = 0;     // lost before us: the kernel's buffer was full
  std::uint64_t dropped_interface = 0;  // lost before us: the network interface
  std::uint64_t dropped_queue = 0;      // lost before us: dnstap frames that found no room
  std::uint64_t spool_unwritten = 0;    // counted, but the spool's disk did not take them
  std::uint64_t late = 0;               // came after their window had closed
  std::uint64_t folded = 0;             // points beyond a budget of series, in OTHER
  double behind_s = 0;                  // newest packet minus newest closed window, seconds
  std::string state = "running";        // running | finished | failed | stored (nothing runs)
  std::string failure;                  // why, if failed
  // Why packets are not parsed: "malformed.label_too_long", "not_dns.icmp".
  std::vector<std::pair<std::string, std::uint64_t>> reasons;
  std::vector<ComponentCounts> components;
};

std::string honesty_json(const Honesty& honesty);

}  // namespace dnstorm::board
