// Where taps of a run are opened: for GET /tap of the board's server and for `dnstorm run --tap`.
// Thread-safe. Belongs to the session of a run; taps must not outlive it, nor the hub its run.
#pragma once

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>

#include "board/server/server.hpp"
#include "cli/tap.hpp"

namespace dnstorm::cli {

// What GET /tap asks for. A rate that is none is one that no tap takes.
TapRequest tap_request(const board::TapQuery& query);

class TapDesk {
 public:
  // More would cost the run too much of its time.
  static constexpr std::size_t open_max = 8;

  TapDesk(const plan::Plan& plan, const Clock& clock) : plan_(plan), clock_(clock) {}

  // Fails with kind `unavailable` if there are too many, else as Tap::open().
  Result<std::unique_ptr<board::LineSource>> open(const TapRequest& request);
  Result<std::unique_ptr<board::LineSource>> open(const board::TapQuery& query);
  // The run is over: taps that are open say so and end.
  void end();
  // Until their readers have that and are gone, but no longer than a slow one may take.
  void wait_until_closed();
  const runtime::TapHub& hub() const { return hub_; }

 private:
  class Source;

  const plan::Plan& plan_;
  const Clock& clock_;
  runtime::TapHub hub_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable closed_;
  std::list<Tap*> open_;
  bool over_ = false;
};

}  // namespace dnstorm::cli
