// The worker's end of a feed: keeps what board sinks publish until the acting coordinator has
// confirmed it. Bounded: while nobody takes it, what a frame is says what is kept.
//
//   wall     every window, in order; beyond `rows_max` those of a wall become one, summed by key
//   series   the newest `windows_max` windows
//   table    the newest window
//   totals   the newest number of each key
//   events   the newest `events_max`; older ones are left out, and counted
//
// Words are numbered and taken in that order. When none is confirmed for a while, the first that is
// on its way goes again, and the rest at the pace of what is confirmed. So nothing of a wall is
// lost or doubled whatever happens to connections; what a coordinator had is gone with it.
//
// Pure: time comes in. Used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cluster/feed/frame_codec.hpp"
#include "cluster/model/feed_news.hpp"

namespace dnstorm::cluster {

struct OutboxLimits {
  std::size_t words = 8;            // on their way at once
  std::size_t word_rows = 8'192;    // of one word, unless a frame alone has more
  std::size_t rows_max = 1u << 18;  // of a wall that wait
  std::size_t windows_max = 600;    // of a series that wait
  std::size_t events_max = 4'096;   // that wait
  DurationNs repeat_first = 2 * ns_per_s;
  DurationNs repeat_max = 30 * ns_per_s;
};

class FeedOutbox {
 public:
  explicit FeedOutbox(OutboxLimits limits = {}) : limits_(limits) {}

  void publish(FeedFrame frame);
  void confirm(std::uint64_t sequence, TimeNs now);

  // The words to say now. Node, topology and incarnation are the caller's to fill in.
  std::vector<FeedNews> take(TimeNs now);
  // All that waits, however much is on its way: before a state of a checkpoint is told, so that who
  // has the state has what was published before it; and at the end.
  std::vector<FeedNews> flush(TimeNs now);

  std::size_t waiting() const;  // frames
  std::uint64_t left_out() const { return left_out_; }
  std::uint64_t events_left_out() const { return events_left_out_; }

 private:
  struct Panel {  // of one source, and one view
    std::deque<KeptFrame> frames;
    std::size_t rows = 0;
  };

  Panel& panel_for(const FeedFrame& frame);
  void keep_wall(Panel& panel, FeedFrame frame);
  void keep_events(Panel& panel, FeedFrame frame);
  void merge(Panel& panel);
  FeedNews next_word(TimeNs now);

  OutboxLimits limits_;
  std::vector<Panel> panels_;  // never without a frame but between a word and the next
  std::deque<FeedNews> on_way_;
  std::uint64_t last_ = 0;  // number of the newest word
  std::uint64_t confirmed_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t events_left_out_ = 0;
  TimeNs repeat_at_ = time_max;
  DurationNs repeat_pause_ = 0;
  bool repeating_ = false;
};

}  // namespace dnstorm::cluster
