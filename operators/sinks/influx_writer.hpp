// Delivers points to an InfluxDB from a thread of its own. Nothing that was handed over is lost: it
// is delivered, or in the spool on disk, or refused by the server and listed.
//
//   InfluxWriter writer(settings, target, http, pause, spool, counters, note);
//   writer.push(chunk);                  // by one thread; waits when the queue is full
//   writer.sync();                       // what is in the spool is on the disk
//   Result<void> all = writer.finish();  // by the same thread; drains, then says what is missing
//
// What has been pushed waits in memory. It goes to the spool, oldest first, as soon as the server
// does not take a chunk, when the queue stays full for `patience`, and at the end. As long as
// anything is in the spool all goes through it, so that points reach the server in their order. A
// writer that is destroyed without finish() puts what waits into the spool without another try.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/telemetry/counter.hpp"
#include "operators/note.hpp"
#include "operators/sinks/backoff.hpp"
#include "operators/sinks/influx_sender.hpp"
#include "operators/sinks/line_spool.hpp"
#include "operators/sinks/pause.hpp"
#include "operators/sinks/rejected_file.hpp"

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

// Written under the writer's lock. The names are those that operators/sinks/influx.md tells.
struct InfluxCounters {
  explicit InfluxCounters(CounterSet& set);

  Counter& written;   // points that the server has taken
  Counter& rejected;  // points that it refused
  Counter* rejected_for[refusal_kinds];
  Counter& retries;       // chunks sent again
  Counter& queue_full;    // times that push() had to wait
  Counter& spooled;       // points that went to the spool
  Counter& drained;       // points that came from it and were settled
  Counter& dropped;       // points that are lost: neither the server nor the disk has them
  Counter& spool_points;  // that wait there now
  Counter& spool_bytes;   // that it takes now
};

class InfluxWriter {
 public:
  // `note` is called under the writer's lock.
  InfluxWriter(InfluxWriterSettings settings, InfluxTarget target, HttpTransport& http,
               Pause& pause, LineSpool& spool, InfluxCounters counters, Note note);
  ~InfluxWriter();
  InfluxWriter(const InfluxWriter&) = delete;
  InfluxWriter& operator=(const InfluxWriter&) = delete;

  void push(LineChunk chunk);
  Result<void> sync();
  Result<void> finish();
  // What has been pushed and is neither settled nor in the spool; copies, in order.
  std::vector<LineChunk> waiting() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  using ChunkPtr = std::shared_ptr<const LineChunk>;

  void run();
  bool pick_next();
  bool settle(const Delivery& delivery, Lock& lock);
  void list_refused(const std::vector<RefusedLine>& refused);
  bool wait_to_retry(const Delivery& delivery, Lock& lock);
  void answered();
  bool spill();
  LineSpool::Kept keep(const LineChunk& chunk);
  void make_room(const LineChunk& chunk, Lock& lock);
  void tell_of_the_disk();
  void forget(const LineChunk& chunk);
  void update_gauges();
  bool given_up() const;
  bool has_room(const LineChunk& chunk) const;
  Result<void> outcome() const;

  const InfluxWriterSettings settings_;
  InfluxSender sender_;  // the thread's
  Pause& pause_;
  LineSpool& spool_;
  RejectedFile rejected_;
  InfluxCounters counters_;
  Note note_;

  mutable std::mutex mutex_;
  std::condition_variable wake_sender_;
  std::condition_variable wake_pusher_;
  std::deque<LineChunk> queue_;
  // The oldest chunk, while it is being delivered. If not from the spool, the spool is empty.
  ChunkPtr on_the_way_;
  bool from_spool_ = false;
  std::size_t waiting_points_ = 0;  // in memory, but for what is from the spool
  std::size_t waiting_bytes_ = 0;
  bool finishing_ = false;
  bool abandoned_ = false;        // destroyed without finish()
  bool stopped_ = false;          // the last answer left little hope
  bool out_of_patience_ = false;  // until the server answers again
  TimeNs give_up_at_ = 0;         // once finishing
  std::string last_failure_;
  std::string first_rejection_;
  std::uint64_t dropped_here_ = 0;  // from memory, because the disk does not take them
  bool disk_told_ = false;
  bool list_told_ = false;
  bool synced_ = true;
  Backoff backoff_;
  std::thread thread_;
};

}  // namespace dnstorm::operators
