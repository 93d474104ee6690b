// Live: what the board knows. It takes the frames of the board sinks, keeps walls, series, tables
// and totals, and turns what changed into the events of the stream (contract: board/README.md).
//
// A pure state machine: time comes in with tick(), nothing here sleeps or opens a socket. publish()
// is called by executor threads and only puts the frame into an inbox; tick() is called by the
// server's ticker ten times a second and takes the inbox in; subscribe(), read() and
// snapshot_json() are called by the HTTP thread. All are thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "board/server/honesty.hpp"
#include "board/server/rewind.hpp"
#include "board/server/series.hpp"
#include "board/server/stream.hpp"
#include "board/server/wall.hpp"
#include "engine/api/feed.hpp"

namespace dnstorm::board {

struct LiveOptions {
  std::string title = "dnstorm";  // name of the topology
  std::string epoch = "0";        // differs from run to run; letters and digits
  WallLimits wall{};
  RingLimits ring{};
  RewindLimits rewind{};
  std::size_t series_windows_max = 600;
  std::size_t table_rows_max = 200;
  std::size_t panels_max = 32;
  // Rows waiting to be taken in. Beyond it publish() takes them in itself: slower, but nothing is
  // lost.
  std::size_t inbox_rows_max = 1u << 18;
};

// Both clocks of one tick: what is shown is wall time, what is measured is steady time.
struct Moment {
  TimeNs wall = 0;
  TimeNs steady = 0;
};

inline constexpr DurationNs tick_period = 100 * ns_per_ms;      // walls: 10 Hz
inline constexpr DurationNs slow_period = ns_per_s;             // all else: 1 Hz
inline constexpr DurationNs keep_alive_period = 15 * ns_per_s;  // silence that proxies bear

class Live final : public Feed {
 public:
  explicit Live(LiveOptions options);
  ~Live() override;

  void publish(FeedFrame frame) override;

  // A sentence for people about what is shown; the page has it above everything else.
  void tell(std::string text);
  // Nothing will be fed any more: who reads it is sent away, to come again.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

  // Takes in what was published and appends the events of this tick.
  void tick(Moment now, const Honesty& honesty);

  Subscription subscribe(std::string_view last_id) const;
  // See Subscription::read; 0 means that a later tick may bring more.
  std::size_t read(Subscription& subscription, char* out, std::size_t size);

  // Everything the page shows, as of the last tick.
  std::string snapshot_json() const;
  std::string honesty_text() const;
  // What was shown in the last minutes (Rewind::json), `moment` in wall time.
  std::string rewind_json(std::optional<TimeNs> moment) const;
  // How a cell of a wall grew: {"key":"...","end":ms,"step_ms":5000,"bins":[...]}, oldest first;
  // nothing if there is no such cell.
  std::optional<std::string> cell_json(std::string_view panel, std::size_t slot) const;

 private:
  struct Panel;
  void take_in();
  void apply(const FeedFrame& frame, TimeNs now);
  Panel* panel_for(const FeedFrame& frame);
  void apply_wall(Panel& panel, const FeedFrame& frame, TimeNs now);
  void apply_table(Panel& panel, const FeedFrame& frame);
  void apply_totals(Panel& panel, const FeedFrame& frame);
  void note(std::string text);

  void announce_panels();
  void settle_walls(bool slow, TimeNs now);
  void append(std::string_view event, std::string_view json);
  void append_moves();
  void append_delta(bool slow);
  void write_panel(JsonWriter& json, const Panel& panel) const;
  std::string write_snapshot() const;
  const Snapshot& snapshot();

  const LiveOptions options_;
  std::atomic<bool> closed_ = false;

  mutable std::mutex inbox_mutex_;
  std::vector<FeedFrame> inbox_;
  std::size_t inbox_rows_ = 0;

  mutable std::mutex mutex_;  // guards all below; taken before inbox_mutex_
  EventRing ring_;
  Rewind rewind_;
  std::vector<std::unique_ptr<Panel>> panels_;  // in the order of their first frame
  std::vector<std::string> notes_;              // what the board could not show, for people
  bool notes_news_ = false;
  std::string honesty_json_;
  std::string state_;
  bool honesty_news_ = false;
  Moment now_;
  TimeNs next_slow_ = time_min;
  Snapshot snapshot_;
};

}  // namespace dnstorm::board
