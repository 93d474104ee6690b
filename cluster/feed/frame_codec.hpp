// Frames of board sinks (engine/api/feed.hpp) as bytes, packed by zstd. Pure.
//
// Bytes: version (1), oldest version that can read them (1), size unpacked (8), zstd's frame. In
// it, one after the other, frames of a length (8) and values as StateWriter has them: source,
// panel, view, title, start, end, first end, columns, rows. What a newer version appends to a frame
// is passed over; what cannot be said so raises both versions: frames of view `points` are of
// version 2, which who knows version 1 alone refuses with a sentence; all others are still of 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/api/feed.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cluster {

inline constexpr const char* points_view = "points";
inline bool is_points(const FeedFrame& frame) { return frame.view == points_view; }

struct KeptFrame {
  FeedFrame frame;
  TimeNs first_end = 0;  // of the windows that are merged in it; frame.end is that of the last
};

inline constexpr std::size_t frames_bytes_max = 64u << 20;  // unpacked

std::string encode_frames(const std::vector<KeptFrame>& frames);
// An error of kind `data`: those are no frames.
Result<std::vector<KeptFrame>> decode_frames(std::string_view bytes);

}  // namespace dnstorm::cluster
