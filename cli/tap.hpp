// A tap: a live sample of the rows that pass an edge, after a filter, as lines of JSON.
//
//   auto tap = DNSTORM_TRY(Tap::open(plan, hub, clock, {"decode:queries", "qtype == AAAA", 100}));
//   tap->take();     // lines since the last call; the first one says what the rows are made of
//   tap->end();      // the run is over: take() gives what is left, then ended()
//
// At most `rate` rows a second are shown, whatever passes; the lines {"counts":...} say how many
// rows were seen, met the filter, and of these were and were not shown. Executors do the filtering
// and write the rows that are shown; what waits for take() is bounded, and what does not fit is not
// shown. Thread-safe; closed by its destructor. `hub` and `clock` must outlive it.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/tap_edge.hpp"
#include "engine/telemetry/sampler.hpp"
#include "operators/shape/row_test.hpp"
#include "operators/sinks/point.hpp"

namespace CLI {
class App;
}

namespace dnstorm::cli {

inline constexpr std::uint32_t tap_rate_default = 100;
inline constexpr std::uint32_t tap_rate_max = 10'000;

struct TapRequest {
  std::string edge;                       // see tap_edge.hpp
  std::string where = {};                 // as the option of `filter`; empty: every row
  std::uint32_t rate = tap_rate_default;  // rows a second at most, 1..tap_rate_max
  std::string node = {};                  // of a cluster, where it is: said of every row
};

class Tap {
 public:
  // Fails with kind `usage` if there is no such edge, or the filter does not fit its fields.
  static Result<std::unique_ptr<Tap>> open(const plan::Plan& plan, runtime::TapHub& hub,
                                           const Clock& clock, const TapRequest& request);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  // Whole lines, "" if there is nothing new. Counts come once a second if they have changed, every
  // ten seconds if not.
  std::string take();
  void end();
  bool ended() const;  // and everything has been taken

 private:
  class Listener;
  Tap(runtime::TapHub& hub, std::shared_ptr<Listener> listener);

  runtime::TapHub& hub_;
  std::shared_ptr<Listener> listener_;
};

// --where and --rate on a command line: alike for all that tap.
void add_tap_options(CLI::App& command, TapRequest& request);

// A line of a tap as text for people; "" for a line that is none of ours.
std::string tap_text(const std::string& line);

}  // namespace dnstorm::cli
