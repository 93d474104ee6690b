#include "operators/sinks/influx_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace dnstorm::operators {

TimeNs SystemPause::now() const { return SystemClock().steady_ns(); }

void SystemPause::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                       DurationNs time) {
  wake.wait_for(lock, std::chrono::nanoseconds(time));
}

InfluxWriter::InfluxWriter(InfluxWriterSettings settings, InfluxTarget target, HttpTransport& http,
                           Pause& pause, UndeliveredFile& file, InfluxCounters counters, Note note)
    : settings_(settings),
      target_(std::move(target)),
      http_(http),
      pause_(pause),
      file_(file),
      counters_(counters),
      note_(std::move(note)),
      jitter_(settings.seed),
      sender_([this] { run(); }) {}

InfluxWriter::~InfluxWriter() {
  if (!sender_.joinable()) return;
  {
    Lock lock(mutex_);
    abandoned_ = finishing_ = true;
    wake_sender_.notify_all();
  }
  sender_.join();
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
  if (!has_room(chunk)) {
    counters_.queue_full.add();
    TimeNs until = pause_.now() + settings_.patience;
    while (!has_room(chunk) && !out_of_patience_ && pause_.now() < until)
      pause_.wait(lock, wake_pusher_, until - pause_.now());
    out_of_patience_ = !has_room(chunk);
  }
  while (!has_room(chunk) && !queue_.empty()) {
    waiting_points_ -= queue_.front().points();
    waiting_bytes_ -= queue_.front().bytes();
    spool(queue_.front());
    queue_.pop_front();
  }
  waiting_points_ += chunk.points();
  waiting_bytes_ += chunk.bytes();
  if (!queue_.empty() && queue_.back().points() + chunk.points() <= settings_.batch_points)
    queue_.back().append(chunk);
  else
    queue_.push_back(std::move(chunk));
  wake_sender_.notify_one();
}

Result<void> InfluxWriter::finish() {
  {
    Lock lock(mutex_);
    finishing_ = true;
    give_up_at_ = pause_.now() + settings_.drain_timeout;
    wake_sender_.notify_all();
  }
  sender_.join();
  return outcome();
}

Result<void> InfluxWriter::outcome() const {
  const std::string& why = stop_reason_.empty() ? last_failure_ : stop_reason_;
  if (lost_points_ > 0)
    return Error{
        ErrorKind::io,
        fmt::format("influx: {} points are lost: {} did not take them ({}), nor the disk ({})",
                    lost_points_, target_.url, why, file_.failure()),
        ""};
  if (std::uint64_t kept = counters_.undelivered.value(); kept > 0)
    return Error{
        ErrorKind::unavailable,
        fmt::format("influx: {} points could not be delivered to {} ({}); they are in {}: deliver "
                    "them with "
                    "curl --data-binary @{} '{}'",
                    kept, target_.url, why, file_.path(), file_.path(), target_.write_url()),
        "url"};
  if (std::uint64_t refused = counters_.rejected.value(); refused > 0)
    return Error{
        ErrorKind::data,
        fmt::format("influx: {} refused {} points: {}", target_.url, refused, first_rejection_),
        ""};
  return {};
}

// -- the sender's side
// -------------------------------------------------------------------------------

void InfluxWriter::run() {
  Lock lock(mutex_);
  while (true) {
    wake_sender_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    LineChunk chunk = std::move(queue_.front());
    queue_.pop_front();
    std::size_t points = chunk.points();
    std::size_t bytes = chunk.bytes();
    on_the_way_ = chunk;
    lock.unlock();
    deliver(std::move(chunk));
    lock.lock();
    on_the_way_ = {};
    waiting_points_ -= points;
    waiting_bytes_ -= bytes;
    wake_pusher_.notify_one();
  }
}

std::vector<LineChunk> InfluxWriter::waiting() const {
  Lock lock(mutex_);
  std::vector<LineChunk> chunks;
  if (!on_the_way_.empty()) chunks.push_back(on_the_way_);
  chunks.insert(chunks.end(), queue_.begin(), queue_.end());
  return chunks;
}

bool InfluxWriter::given_up() const {
  if (abandoned_ || !stop_reason_.empty()) return true;
  return finishing_ && pause_.now() >= give_up_at_;
}

void InfluxWriter::deliver(LineChunk chunk) {
  std::deque<LineChunk> parts;
  parts.push_back(std::move(chunk));
  while (!parts.empty() && deliver_part(parts)) {
  }
  Lock lock(mutex_);
  for (const LineChunk& part : parts) spool(part);
}

// One request for the first part. False when there is no use in going on.
bool InfluxWriter::deliver_part(std::deque<LineChunk>& parts) {
  {
    Lock lock(mutex_);
    if (given_up()) return false;
  }
  std::string body = target_.packed(parts.front().text);
  HttpAnswer answer = http_.exchange(target_.write_request(body));
  InfluxVerdict verdict = judge(answer, parts.front().points());
  Lock lock(mutex_);
  if (verdict.action == InfluxAction::retry)
    return wait_to_retry(verdict, answer.retry_after, lock);
  return settle(verdict, parts, lock);
}

bool InfluxWriter::settle(const InfluxVerdict& verdict, std::deque<LineChunk>& parts, Lock&) {
  if (verdict.action == InfluxAction::stop) {
    stop_reason_ = verdict.reason;
    note_(fmt::format(
        "influx: {} takes no points for {}: {}; from here on they go to a file in `spool_dir`",
        target_.url, target_.place(), verdict.reason));
    return false;
  }
  answered();
  if (verdict.action == InfluxAction::split) {
    split(parts, verdict);
    return true;
  }
  LineChunk chunk = std::move(parts.front());
  parts.pop_front();
  if (verdict.action == InfluxAction::refuse) {
    last_failure_ = verdict.reason;
    note_(fmt::format("influx: {} refuses {} points as a whole: {}", target_.url, chunk.points(),
                      verdict.reason));
    spool(chunk);
    return true;
  }
  counters_.written.add(chunk.points() - verdict.rejected);
  reject(verdict.rejected, verdict.reason);
  return true;
}

void InfluxWriter::split(std::deque<LineChunk>& parts, const InfluxVerdict& verdict) {
  if (parts.front().points() == 1) {
    reject(1, verdict.reason);
    parts.pop_front();
    return;
  }
  auto [first, second] = parts.front().halves();
  parts.front() = std::move(second);
  parts.push_front(std::move(first));
}

void InfluxWriter::reject(std::uint64_t points, const std::string& reason) {
  if (points == 0) return;
  if (counters_.rejected.value() == 0) {
    first_rejection_ = reason;
    note_(fmt::format("influx: {} refuses points: {}", target_.url, reason));
  }
  counters_.rejected.add(points);
}

// The server is there: patience and the time to drain begin anew.
void InfluxWriter::answered() {
  if (failures_in_a_row_ > 0) note_(fmt::format("influx: {} answers again", target_.url));
  failures_in_a_row_ = 0;
  out_of_patience_ = false;
  give_up_at_ = pause_.now() + settings_.drain_timeout;
}

// Pauses double from try to try; the jitter keeps many writers from coming back at the same moment.
bool InfluxWriter::wait_to_retry(const InfluxVerdict& verdict, DurationNs retry_after, Lock& lock) {
  last_failure_ = verdict.reason;
  if (failures_in_a_row_ == 0 && !finishing_)
    note_(fmt::format("influx: {} takes no points now ({}); {} points wait", target_.url,
                      verdict.reason, waiting_points_));
  DurationNs pause = settings_.retry_first << std::min(failures_in_a_row_, 20);
  pause = std::min(pause, settings_.retry_longest);
  std::uniform_int_distribution<DurationNs> spread(pause / 2, pause);
  pause = std::max(spread(jitter_), retry_after);
  ++failures_in_a_row_;
  // finish() cuts a pause short: one try at once, then the rest of the time to drain.
  bool was_finishing = finishing_;
  TimeNs until = pause_.now() + pause;
  while (!given_up() && pause_.now() < until && finishing_ == was_finishing) {
    TimeNs limit = finishing_ ? std::min(until, give_up_at_) : until;
    pause_.wait(lock, wake_sender_, limit - pause_.now());
  }
  if (given_up()) return false;
  counters_.retries.add();
  return true;
}

void InfluxWriter::spool(const LineChunk& chunk) {
  bool is_first = file_.path().empty();
  if (file_.append(chunk.text))
    counters_.undelivered.add(chunk.points());
  else
    lost_points_ += chunk.points();
  if (is_first && !finishing_ && !file_.path().empty())
    note_(fmt::format("influx: points that {} does not take go to {}", target_.url, file_.path()));
}

// -- before the start
// --------------------------------------------------------------------------------

Result<void> check_influx(HttpTransport& http, const InfluxTarget& target) {
  std::string body = target.packed("");
  HttpAnswer answer = http.exchange(target.write_request(body));
  std::string message = influx_message(answer);
  if (answer.status == 0 || answer.status >= 500)
    return Error{ErrorKind::unavailable,
                 fmt::format("influx: {} does not answer ({}): start it, correct `url`, or set "
                             "`wait: true` to begin "
                             "without it",
                             target.url, message),
                 "url"};
  if (answer.status == 401 || answer.status == 403)
    return Error{
        ErrorKind::permission,
        fmt::format("influx: {} does not let us write to {} ({}): correct `{}`", target.url,
                    target.place(), message, target.user.empty() ? "token" : "user"),
        target.user.empty() ? "token" : "user"};
  if (answer.status == 404 && message.find("not found: \"") != std::string::npos)
    return Error{
        ErrorKind::config,
        fmt::format(
            "influx: {} has no {}: create it (influx -execute 'CREATE DATABASE {}') or correct "
            "`database`",
            target.url, target.place(), target.database),
        "database"};
  // 2.x answers an empty write with 400 when everything else is right.
  if (answer.status / 100 == 2 || answer.status == 400) return {};
  return Error{ErrorKind::config,
               fmt::format("influx: {} takes no points for {}: {} (HTTP {})", target.url,
                           target.place(), message, answer.status),
               "url"};
}

}  // namespace dnstorm::operators
