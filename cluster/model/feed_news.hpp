// What the board sinks of a worker have published, on its way to the acting coordinator, and the
// answer. The two ends are cluster/feed/outbox.hpp and book.hpp. Values.
#pragma once

#include <cstdint>
#include <string>

namespace dnstorm::cluster {

struct FeedNews {
  std::string node;
  std::string topology;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;   // of this word, from 1 in each worker
  std::uint64_t confirmed = 0;  // all up to this one were, by whichever coordinator led then
  std::uint64_t left_out = 0;   // rows of walls that had no room, since the worker has begun
  std::uint64_t events_left_out = 0;  // security events, likewise
  std::uint64_t points_left_out = 0;  // of `store` sinks, likewise
  std::string bytes;            // frames: cluster/feed/frame_codec.hpp
  bool operator==(const FeedNews&) const = default;
};

// All up to `sequence` have been taken, and what is kept of them is on the coordinator's disk.
struct FeedAck {
  std::string topology;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  bool operator==(const FeedAck&) const = default;
};

}  // namespace dnstorm::cluster
