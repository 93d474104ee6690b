// Which segments a spool keeps: a bounded ring, in bytes and in time. Pure: knows no files.
//
// adopt() what is there, then for each packet due(): whether the open segment is to be completed
// before it; complete() takes it, expire() tells what is to go.
#pragma once

#include <deque>
#include <vector>

#include "capture/spool/segment.hpp"

namespace dnstorm::capture::spool {

struct Limits {
  std::uint64_t bytes = 1U << 30U;
  DurationNs time = 0;  // 0: not bounded in time
};

class Ring {
 public:
  static constexpr std::uint64_t bytes_min = 1U << 20U;
  // The ring loses a segment at a time: so many make it up that little is lost at once.
  static constexpr std::uint64_t segments_min = 16;
  static constexpr std::uint64_t segment_bytes_max = 256U << 20U;

  explicit Ring(Limits limits);

  std::uint64_t segment_bytes() const { return segment_bytes_; }
  void adopt(Segment complete) { complete_add(complete); }

  // Whether a packet of that time, `bytes` long as a block, begins a new segment.
  bool due(const Segment& open, std::uint64_t bytes, TimeNs time) const;
  void complete(Segment segment) { complete_add(segment); }
  // Takes out what does not fit beside an open segment at its largest, or is older than the bound.
  std::vector<Segment> expire(TimeNs newest);
  // The oldest, whatever the bounds; to make room on a full disk.
  std::optional<Segment> give_up_oldest();

  const std::deque<Segment>& segments() const { return segments_; }
  std::uint64_t bytes() const { return bytes_; }  // of the complete ones

 private:
  void complete_add(const Segment& segment);

  Limits limits_;
  std::uint64_t segment_bytes_;
  std::deque<Segment> segments_;  // complete, oldest first
  std::uint64_t bytes_ = 0;
};

}  // namespace dnstorm::capture::spool
