// Delivers rows, one text each, to a receiver that may be slow or away: a bounded queue and a
// thread of its own that sends, tries again with growing pauses and keeps to a rate. Every row that
// was handed over is counted: delivered, refused by the receiver, undelivered, or held back because
// there were too many a minute.
//
//   RowSender sender(settings, receiver, pause, counters, note);
//   sender.push(text);                   // by one thread; waits while the queue is full
//   Result<void> all = sender.finish();  // by the same thread; drains, then says what is missing
//
// A queue that stays full for `patience` lets its oldest rows go, and the topology goes on. A
// sender that is destroyed without finish() makes no further try.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/api/options.hpp"
#include "engine/api/state.hpp"
#include "engine/base/result.hpp"
#include "engine/telemetry/counter.hpp"
#include "operators/note.hpp"
#include "operators/sinks/backoff.hpp"
#include "operators/sinks/pause.hpp"

namespace dnstorm::operators {

// Where rows go. All calls come from the sender's thread.
class RowReceiver {
 public:
  enum class Outcome {
    taken,
    again,    // the same rows once more, later
    refused,  // these will never be taken
    stop,     // none will ever be taken: the configuration is wrong
  };
  struct Answer {
    Outcome outcome = Outcome::taken;
    std::string reason = {};
    DurationNs retry_after = 0;
  };
  virtual ~RowReceiver() = default;
  // `held_back`: rows that were not sent since the last delivery, because there were too many.
  virtual Answer deliver(std::span<const std::string> rows, std::uint64_t held_back) = 0;
  virtual std::string name() const = 0;  // for sentences; may be asked by any thread
};

struct RowSenderSettings {
  std::string who;  // the operator, for sentences
  std::size_t batch_rows = 1;
  std::size_t queue_rows = 10'000;
  std::size_t queue_bytes = 16 << 20;
  std::uint64_t per_minute_max = 0;          // deliveries; 0: no limit
  DurationNs patience = 10 * ns_per_s;       // of the topology with a full queue
  DurationNs drain_timeout = 30 * ns_per_s;  // of finish(), without an answer
  DurationNs retry_first = 200 * ns_per_ms;
  DurationNs retry_longest = 15 * ns_per_s;
  std::uint32_t seed = 1;  // of the jitter

  // The options for these, but for who, batch_rows and seed.
  static std::vector<OptionSpec> specs();
  static RowSenderSettings of(const Options& options);
};

// Written under the sender's lock.
struct RowSenderCounters {
  Counter& delivered;
  Counter& refused;
  Counter& undelivered;
  Counter& held_back;
  Counter& retries;
  Counter& queue_full;  // times that push() had to wait

  static RowSenderCounters of(CounterSet& counters);
};

class RowSender {
 public:
  // `note` is called under the sender's lock.
  RowSender(RowSenderSettings settings, RowReceiver& receiver, Pause& pause,
            RowSenderCounters counters, Note note);
  ~RowSender();
  RowSender(const RowSender&) = delete;
  RowSender& operator=(const RowSender&) = delete;

  void push(std::string row);
  Result<void> finish();
  // For a checkpoint: what has been pushed and not yet answered; restore() pushes it again.
  void save(StateWriter& out) const;
  Result<void> restore(StateReader& in);

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void take_batch();
  void deliver(Lock& lock);
  bool settle(const RowReceiver::Answer& answer, Lock& lock);
  bool wait_to_retry(const RowReceiver::Answer& answer, Lock& lock);
  bool within_rate();
  void hold_back();
  void give_up_batch();
  bool given_up() const;
  bool has_room(const std::string& row) const;
  Result<void> outcome() const;

  const RowSenderSettings settings_;
  RowReceiver& receiver_;
  Pause& pause_;
  RowSenderCounters counters_;
  Note note_;

  mutable std::mutex mutex_;
  std::condition_variable wake_sender_;
  std::condition_variable wake_pusher_;
  std::deque<std::string> queue_;
  std::vector<std::string> on_the_way_;
  std::size_t waiting_bytes_ = 0;  // in the queue
  std::deque<TimeNs> sent_;        // deliveries of the last minute
  std::uint64_t held_back_ = 0;    // since the last delivery
  bool finishing_ = false;
  bool abandoned_ = false;        // destroyed without finish()
  bool out_of_patience_ = false;  // until the receiver answers again
  TimeNs give_up_at_ = 0;         // once finishing
  std::string stop_reason_;       // why nothing will ever be taken
  std::string last_failure_;
  std::string first_refusal_;
  Backoff backoff_;
  std::thread thread_;
};

}  // namespace dnstorm::operators
