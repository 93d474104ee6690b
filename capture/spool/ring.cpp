#include "capture/spool/ring.hpp"

#include <algorithm>

namespace dnstorm::capture::spool {

Ring::Ring(Limits limits)
    : limits_(limits), segment_bytes_(std::min(limits.bytes / segments_min, segment_bytes_max)) {}

void Ring::complete_add(const Segment& segment) {
  DNSTORM_ASSERT(segments_.empty() || segments_.back().number < segment.number,
                 "segments of a spool are numbered in their order", segment.number);
  segments_.push_back(segment);
  bytes_ += segment.bytes;
}

bool Ring::due(const Segment& open, std::uint64_t bytes, TimeNs time) const {
  if (open.packets == 0) return false;
  if (open.bytes + bytes > segment_bytes_) return true;
  return limits_.time != 0 && time - open.first > limits_.time / TimeNs{segments_min};
}

std::vector<Segment> Ring::expire(TimeNs newest) {
  std::vector<Segment> gone;
  while (!segments_.empty()) {
    const Segment& oldest = segments_.front();
    bool old = limits_.time != 0 && oldest.last < newest - limits_.time;
    if (bytes_ + segment_bytes_ <= limits_.bytes && !old) break;
    gone.push_back(*give_up_oldest());
  }
  return gone;
}

std::optional<Segment> Ring::give_up_oldest() {
  if (segments_.empty()) return std::nullopt;
  Segment oldest = segments_.front();
  segments_.pop_front();
  bytes_ -= oldest.bytes;
  return oldest;
}

}  // namespace dnstorm::capture::spool
