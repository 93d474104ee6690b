// The worker's end of a feed: keeps what board sinks publish until the acting coordinator has
// confirmed it. Bounded: while nobody takes it, what a frame is says what is kept.
//
//   wall     every window, in order; beyond `rows_max` those of a wall become one, summed by key
//   series   the newest `windows_max` windows
//   table    the newest window
//   totals   the newest number of each key
//   events   the newest `events_max`; older ones are left out, and counted
//   points   the newest `points_max`; likewise. They travel in words of their own: a coordinator
//            that is too old to read them says so, and has all the rest
//
// Words are numbered and taken in that order. When none is confirmed for a while, the first that is
// on its way goes again, and the rest when that one is confirmed. So nothing of a wall is
// lost or doubled whatever happens to connections; what a coordinator had is gone with it, but for
// what it keeps on its disk: that is confirmed when it is there (held_acks.hpp), about a second
// later, and so many words can be on their way meanwhile that nothing waits for it.
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
  std::size_t words = 64;           // on their way at once
  std::size_t word_rows = 8'192;    // of one word, unless a frame alone has more
  std::size_t way_rows = 1u << 17;  // of words on their way: less than a coordinator has room for
  std::size_t rows_max = 1u << 18;  // of a wall that wait
  std::size_t windows_max = 600;    // of a series that wait
  std::size_t events_max = 4'096;   // that wait
  std::size_t points_max = 1u << 17;  // likewise, of a sink
  DurationNs repeat_first = 4 * ns_per_s;
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
  // has the state has what was published before it.
  std::vector<FeedNews> flush(TimeNs now);
  // At the end: that, and before it again what is not confirmed, for a coordinator that has begun
  // anew meanwhile.
  std::vector<FeedNews> last_words(TimeNs now);

  std::size_t waiting() const;  // frames
  std::uint64_t left_out() const { return left_out_; }
  std::uint64_t events_left_out() const { return events_left_out_; }
  std::uint64_t points_left_out() const { return points_left_out_; }

 private:
  struct Panel {  // of one source, and one view
    std::deque<KeptFrame> frames;
    std::size_t rows = 0;
  };

  Panel& panel_for(const FeedFrame& frame);
  void keep_wall(Panel& panel, FeedFrame frame);
  // As they come; the oldest go where there are more rows than that. How many went.
  std::size_t keep_newest(Panel& panel, FeedFrame frame, std::size_t rows_max);
  void merge(Panel& panel);
  FeedNews next_word(TimeNs now);
  void repeat(TimeNs now, std::vector<FeedNews>& words);
  void repeat_first(std::size_t count, std::vector<FeedNews>& words) const;

  OutboxLimits limits_;
  std::vector<Panel> panels_;  // never without a frame but between a word and the next
  struct Sent {
    FeedNews word;
    std::size_t rows = 0;
  };
  std::deque<Sent> on_way_;
  std::size_t way_rows_ = 0;
  std::uint64_t last_ = 0;  // number of the newest word
  std::uint64_t confirmed_ = 0;
  std::uint64_t left_out_ = 0;
  std::uint64_t events_left_out_ = 0;
  std::uint64_t points_left_out_ = 0;
  TimeNs repeat_at_ = time_max;
  DurationNs repeat_pause_ = 0;
  bool asked_again_ = false;  // the oldest went again, and was not confirmed since
  bool repeat_all_ = false;
};

}  // namespace dnstorm::cluster
