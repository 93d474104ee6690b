// Delivers lines to an InfluxDB: a bounded queue and a thread of its own that sends, retries with
// growing, jittered pauses, and puts what cannot be delivered into a file. Nothing that was handed
// over is lost: it is delivered, or in the file, or refused by the server and counted.
//
//   InfluxWriter writer(settings, target, http, pause, file, counters, note);
//   writer.push(chunk);                  // by one thread; waits when the queue is full
//   Result<void> all = writer.finish();  // by the same thread; drains, then says what is missing
//
// When the queue stays full for `patience`, its oldest lines go to the file and the topology goes
// on. A writer that is destroyed without finish() puts what waits into the file without another
// try.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/telemetry/counter.hpp"
#include "operators/sinks/influx_answer.hpp"
#include "operators/sinks/influx_target.hpp"
#include "operators/sinks/line_chunk.hpp"
#include "operators/sinks/pause.hpp"
#include "operators/sinks/undelivered_file.hpp"

namespace dnstorm::operators {

struct InfluxWriterSettings {
  std::size_t batch_points = 5'000;
  std::size_t queue_points = 200'000;
  std::size_t queue_bytes = 64 << 20;
  DurationNs patience = 60 * ns_per_s;       // of the topology with a full queue
  DurationNs drain_timeout = 30 * ns_per_s;  // of finish(), without a delivery
  DurationNs retry_first = 200 * ns_per_ms;
  DurationNs retry_longest = 15 * ns_per_s;
  std::uint32_t seed = 1;  // of the jitter
};

// Written under the writer's lock.
struct InfluxCounters {
  Counter& written;      // points that the server has taken
  Counter& rejected;     // points that it refused
  Counter& retries;      // requests sent again
  Counter& undelivered;  // points in the file
  Counter& queue_full;   // times that push() had to wait
};

class InfluxWriter {
 public:
  // One sentence for the people who watch; called under the writer's lock.
  using Note = std::function<void(const std::string&)>;

  InfluxWriter(InfluxWriterSettings settings, InfluxTarget target, HttpTransport& http,
               Pause& pause, UndeliveredFile& file, InfluxCounters counters, Note note);
  ~InfluxWriter();
  InfluxWriter(const InfluxWriter&) = delete;
  InfluxWriter& operator=(const InfluxWriter&) = delete;

  void push(LineChunk chunk);
  Result<void> finish();
  // What has been pushed and neither answered nor put into the file; copies, in order.
  std::vector<LineChunk> waiting() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void deliver(LineChunk chunk);
  bool deliver_part(std::deque<LineChunk>& parts);
  bool settle(const InfluxVerdict& verdict, std::deque<LineChunk>& parts, Lock& lock);
  bool wait_to_retry(const InfluxVerdict& verdict, DurationNs retry_after, Lock& lock);
  void split(std::deque<LineChunk>& parts, const InfluxVerdict& verdict);
  void reject(std::uint64_t points, const std::string& reason);
  void answered();
  void spool(const LineChunk& chunk);
  bool given_up() const;
  bool has_room(const LineChunk& chunk) const;
  Result<void> outcome() const;

  const InfluxWriterSettings settings_;
  const InfluxTarget target_;
  HttpTransport& http_;  // the sender's
  Pause& pause_;
  UndeliveredFile& file_;
  InfluxCounters counters_;
  Note note_;

  mutable std::mutex mutex_;
  std::condition_variable wake_sender_;
  std::condition_variable wake_pusher_;
  std::deque<LineChunk> queue_;
  LineChunk on_the_way_;
  std::size_t waiting_points_ = 0;  // in the queue and on the way
  std::size_t waiting_bytes_ = 0;
  bool finishing_ = false;
  bool abandoned_ = false;        // destroyed without finish()
  bool out_of_patience_ = false;  // until the server answers again
  TimeNs give_up_at_ = 0;         // once finishing
  std::string stop_reason_;       // why nothing will ever be delivered
  std::string last_failure_;
  std::string first_rejection_;
  int failures_in_a_row_ = 0;
  std::uint64_t lost_points_ = 0;  // neither delivered nor in the file, whose disk is full
  std::minstd_rand jitter_;
  std::thread sender_;
};

// Asks the server once whether it would take points for that target: an empty write. An Error says
// what is wrong (unavailable: no answer).
Result<void> check_influx(HttpTransport& http, const InfluxTarget& target);

}  // namespace dnstorm::operators
