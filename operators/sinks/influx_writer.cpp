#include "operators/sinks/influx_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace dnstorm::operators {

InfluxCounters::InfluxCounters(CounterSet& set)
    : written(set.counter("points_written")),
      rejected(set.counter("points_rejected")),
      retries(set.counter("retries")),
      queue_full(set.counter("queue_full")),
      spooled(set.counter("points_spooled")),
      drained(set.counter("points_drained")),
      dropped(set.counter("points_dropped")),
      spool_points(set.counter("spool_points")),
      spool_bytes(set.counter("spool_bytes")) {
  for (std::size_t i = 0; i < refusal_kinds; ++i)
    rejected_for[i] =
        &set.counter(fmt::format("rejected_{}", refusal_name(static_cast<Refusal>(i))));
}

InfluxWriter::InfluxWriter(InfluxWriterSettings settings, InfluxTarget target, HttpTransport& http,
                           Pause& pause, LineSpool& spool, InfluxCounters counters, Note note)
    : settings_(settings),
      sender_(std::move(target), http),
      pause_(pause),
      spool_(spool),
      rejected_(spool.folder() + "/rejected.lp"),
      counters_(counters),
      note_(std::move(note)),
      backoff_(settings.retry_first, settings.retry_longest, settings.seed) {
  if (!spool_.empty())
    note_(fmt::format("influx: {} points of an earlier run wait in {} and are delivered first",
                      spool_.points(), spool_.folder()));
  update_gauges();
  thread_ = std::thread([this] { run(); });
}

InfluxWriter::~InfluxWriter() {
  if (!thread_.joinable()) return;
  {
    Lock lock(mutex_);
    abandoned_ = finishing_ = true;
    wake_sender_.notify_all();
  }
  thread_.join();
}

// -- the task's side
// ---------------------------------------------------------------------------------

bool InfluxWriter::has_room(const LineChunk& chunk) const {
  // A chunk larger than the queue goes through when nothing else waits.
  if (waiting_points_ == 0) return true;
  return waiting_points_ + chunk.points() <= settings_.queue_points &&
         waiting_bytes_ + chunk.bytes() <= settings_.queue_bytes;
}

void InfluxWriter::push(LineChunk chunk) {
  if (chunk.empty()) return;
  Lock lock(mutex_);
  if (!has_room(chunk)) make_room(chunk, lock);
  waiting_points_ += chunk.points();
  waiting_bytes_ += chunk.bytes();
  if (!queue_.empty() && queue_.back().points() + chunk.points() <= settings_.batch_points)
    queue_.back().append(chunk);
  else
    queue_.push_back(std::move(chunk));
  wake_sender_.notify_one();
}

// In an outage all goes to the spool at once; a server that is only slow holds the topology up
// first, and a disk that takes nothing as well.
void InfluxWriter::make_room(const LineChunk& chunk, Lock& lock) {
  if (!spool_.empty() && spill()) return;
  counters_.queue_full.add();
  TimeNs until = pause_.now() + settings_.patience;
  while (!has_room(chunk) && !out_of_patience_ && pause_.now() < until)
    pause_.wait(lock, wake_pusher_, until - pause_.now());
  if (has_room(chunk) || spill()) return;
  out_of_patience_ = true;
  while (!has_room(chunk) && !queue_.empty()) {
    dropped_here_ += queue_.front().points();
    forget(queue_.front());
    queue_.pop_front();
  }
  update_gauges();
}

// Without a barrier of its own: save() of the sink calls it, and what is not in the spool is in the
// checkpoint.
Result<void> InfluxWriter::sync() {
  Lock lock(mutex_);
  if (synced_ || (synced_ = spool_.sync())) return {};
  return Error{ErrorKind::io, fmt::format("influx: the spool: {}", spool_.problem()), "spool"};
}

Result<void> InfluxWriter::finish() {
  {
    Lock lock(mutex_);
    finishing_ = true;
    stopped_ = false;  // one more try
    give_up_at_ = pause_.now() + settings_.drain_timeout;
    wake_sender_.notify_all();
  }
  thread_.join();
  return outcome();
}

Result<void> InfluxWriter::outcome() const {
  const std::string& url = sender_.target().url;
  if (std::uint64_t lost = counters_.dropped.value(); lost > 0)
    return Error{
        ErrorKind::io,
        fmt::format("influx: {} points are lost: {} did not take them ({}), nor could the spool {} "
                    "keep them ({})",
                    lost, url, last_failure_, spool_.folder(),
                    dropped_here_ > 0 ? spool_.problem() : "full or damaged"),
        "spool"};
  if (std::uint64_t kept = spool_.points(); kept > 0)
    return Error{
        ErrorKind::unavailable,
        fmt::format("influx: {} points could not be delivered to {} ({}); they are in {}: the next "
                    "run of this topology delivers them first",
                    kept, url, last_failure_, spool_.folder()),
        "url"};
  if (std::uint64_t refused = counters_.rejected.value(); refused > 0)
    return Error{ErrorKind::data,
                 fmt::format("influx: {} refused {} points: {}; they are listed in {}", url,
                             refused, first_rejection_, rejected_.path()),
                 ""};
  return {};
}

std::vector<LineChunk> InfluxWriter::waiting() const {
  Lock lock(mutex_);
  std::vector<LineChunk> chunks;
  if (on_the_way_ && !from_spool_) chunks.push_back(*on_the_way_);
  chunks.insert(chunks.end(), queue_.begin(), queue_.end());
  return chunks;
}

// -- the thread's side
// -------------------------------------------------------------------------------

void InfluxWriter::run() {
  auto go_on = [this] {
    Lock lock(mutex_);
    return !given_up();
  };
  Lock lock(mutex_);
  while (true) {
    wake_sender_.wait(lock, [&] { return finishing_ || !queue_.empty() || !spool_.empty(); });
    if (given_up()) break;
    if (!pick_next()) {
      if (finishing_) break;
      continue;
    }
    ChunkPtr chunk = on_the_way_;
    lock.unlock();
    Delivery delivery = sender_.deliver(*chunk, go_on);
    lock.lock();
    if (!settle(delivery, lock)) break;
  }
  if (!spill()) {
    for (const LineChunk& chunk : queue_) dropped_here_ += chunk.points();
    queue_.clear();
  }
  update_gauges();
}

bool InfluxWriter::given_up() const {
  return abandoned_ || (finishing_ && (stopped_ || pause_.now() >= give_up_at_));
}

// The oldest chunk; false if there is none.
bool InfluxWriter::pick_next() {
  if (!spool_.empty() && !queue_.empty()) spill();
  std::optional<LineChunk> chunk = spool_.take(settings_.batch_points);
  from_spool_ = chunk.has_value();
  if (!chunk && !queue_.empty()) {
    chunk = std::move(queue_.front());
    queue_.pop_front();
  }
  update_gauges();
  if (chunk) on_the_way_ = std::make_shared<const LineChunk>(*std::move(chunk));
  return on_the_way_ != nullptr;
}

// False: there is no use in going on.
bool InfluxWriter::settle(const Delivery& delivery, Lock& lock) {
  ChunkPtr chunk = std::exchange(on_the_way_, nullptr);
  if (delivery.end == Delivery::End::settled) {
    answered();
    counters_.written.add(delivery.written);
    list_refused(delivery.refused);
    if (from_spool_) {
      spool_.done();
      counters_.drained.add(chunk->points());
    } else {
      forget(*chunk);
    }
    update_gauges();
    return true;
  }
  if (from_spool_)
    spool_.put_back();
  else
    queue_.push_front(*chunk);
  if (delivery.end == Delivery::End::broken_off) return false;
  spill();
  return wait_to_retry(delivery, lock);
}

void InfluxWriter::list_refused(const std::vector<RefusedLine>& refused) {
  if (refused.empty()) return;
  if (counters_.rejected.value() == 0) {
    first_rejection_ = refused.front().reason;
    note_(fmt::format("influx: {} refuses points: {}; {} lists them", sender_.target().url,
                      first_rejection_, rejected_.path()));
  }
  counters_.rejected.add(refused.size());
  for (const RefusedLine& line : refused)
    counters_.rejected_for[static_cast<std::size_t>(refusal_of(line.reason))]->add();
  if (rejected_.append(refused)) return;
  if (!std::exchange(list_told_, true))
    note_(fmt::format("influx: refused points are counted, but not all are listed: {}",
                      rejected_.problem()));
}

// The server is there: patience and the time to drain begin anew.
void InfluxWriter::answered() {
  if (backoff_.failures() > 0) note_(fmt::format("influx: {} answers again", sender_.target().url));
  backoff_.reset();
  out_of_patience_ = stopped_ = false;
  give_up_at_ = pause_.now() + settings_.drain_timeout;
}

bool InfluxWriter::wait_to_retry(const Delivery& delivery, Lock& lock) {
  last_failure_ = delivery.reason;
  bool was_stopped = std::exchange(stopped_, delivery.end == Delivery::End::stop);
  if (!finishing_ && (backoff_.failures() == 0 || was_stopped != stopped_))
    note_(fmt::format("influx: {} takes no points for {} now ({}); they wait in {}",
                      sender_.target().url, sender_.target().place(), delivery.reason,
                      spool_.folder()));
  DurationNs pause = std::max(backoff_.next(), delivery.retry_after);
  // finish() cuts a pause short: one try at once, then the rest of the time to drain.
  bool was_finishing = finishing_;
  TimeNs until = pause_.now() + pause;
  while (!given_up() && pause_.now() < until && finishing_ == was_finishing) {
    if (!queue_.empty()) spill();
    TimeNs limit = finishing_ ? std::min(until, give_up_at_) : until;
    pause_.wait(lock, wake_sender_, limit - pause_.now());
  }
  if (given_up()) return false;
  counters_.retries.add();
  return true;
}

// -- between memory and disk ---------------------------------------------------------------------

// All that is in memory, oldest first; false if the disk does not take all of it.
bool InfluxWriter::spill() {
  if (on_the_way_ && !from_spool_) {
    if (keep(*on_the_way_) == LineSpool::Kept::no) {
      tell_of_the_disk();
      return false;
    }
    spool_.take();
    from_spool_ = true;
    forget(*on_the_way_);
  }
  while (!queue_.empty() && keep(queue_.front()) != LineSpool::Kept::no) {
    forget(queue_.front());
    queue_.pop_front();
  }
  synced_ = spool_.sync();
  if (synced_ && queue_.empty())
    disk_told_ = false;
  else
    tell_of_the_disk();
  update_gauges();
  return queue_.empty();
}

LineSpool::Kept InfluxWriter::keep(const LineChunk& chunk) {
  LineSpool::Kept kept = spool_.append(chunk);
  if (kept == LineSpool::Kept::yes) counters_.spooled.add(chunk.points());
  return kept;
}

void InfluxWriter::tell_of_the_disk() {
  if (std::exchange(disk_told_, true)) return;
  note_(fmt::format("influx: the spool takes no points now ({}); {} wait in memory",
                    spool_.problem(), waiting_points_));
}

void InfluxWriter::forget(const LineChunk& chunk) {
  waiting_points_ -= chunk.points();
  waiting_bytes_ -= chunk.bytes();
  wake_pusher_.notify_one();
}

void InfluxWriter::update_gauges() {
  counters_.dropped.set(dropped_here_ + spool_.dropped());
  counters_.spool_points.set(spool_.points());
  counters_.spool_bytes.set(spool_.bytes());
}

}  // namespace dnstorm::operators
