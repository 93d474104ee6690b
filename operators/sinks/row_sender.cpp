#include "operators/sinks/row_sender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "operators/checkpoint.hpp"

namespace dnstorm::operators {

namespace {

using Outcome = RowReceiver::Outcome;

constexpr DurationNs minute = 60 * ns_per_s;

}  // namespace

std::vector<OptionSpec> RowSenderSettings::specs() {
  return {
      {.name = "per_minute_max",
       .type = OptionType::integer,
       .default_text = "0",
       .help = "deliveries a minute at most, what is beyond is held back and counted; 0: no limit",
       .max = 1e9},
      {.name = "queue_rows",
       .type = OptionType::integer,
       .default_text = "10000",
       .help = "rows that wait for delivery at most",
       .min = 1,
       .max = 1e8},
      {.name = "queue_bytes",
       .type = OptionType::integer,
       .default_text = "16Mi",
       .help = "bytes that wait for delivery at most",
       .min = 1024,
       .max = 1e11},
      {.name = "patience",
       .type = OptionType::duration,
       .default_text = "10s",
       .help = "how long a full queue holds the topology up before its oldest rows are given up",
       .max = 86'400e9},
      {.name = "drain_timeout",
       .type = OptionType::duration,
       .default_text = "30s",
       .help = "how long, at the end, to try without an answer before the rest is given up",
       .max = 86'400e9},
  };
}

RowSenderSettings RowSenderSettings::of(const Options& options) {
  RowSenderSettings settings;
  settings.per_minute_max = static_cast<std::uint64_t>(options.integer("per_minute_max"));
  settings.queue_rows = static_cast<std::size_t>(options.integer("queue_rows"));
  settings.queue_bytes = static_cast<std::size_t>(options.integer("queue_bytes"));
  settings.patience = options.duration("patience");
  settings.drain_timeout = options.duration("drain_timeout");
  return settings;
}

RowSenderCounters RowSenderCounters::of(CounterSet& counters) {
  return {counters.counter("rows_delivered"),   counters.counter("rows_refused"),
          counters.counter("rows_undelivered"), counters.counter("rows_held_back"),
          counters.counter("retries"),          counters.counter("queue_full")};
}

RowSender::RowSender(RowSenderSettings settings, RowReceiver& receiver, Pause& pause,
                     RowSenderCounters counters, Note note)
    : settings_(std::move(settings)),
      receiver_(receiver),
      pause_(pause),
      counters_(counters),
      note_(std::move(note)),
      backoff_(settings_.retry_first, settings_.retry_longest, settings_.seed),
      thread_([this] { run(); }) {}

RowSender::~RowSender() {
  if (!thread_.joinable()) return;
  {
    Lock lock(mutex_);
    abandoned_ = finishing_ = true;
    wake_sender_.notify_all();
  }
  thread_.join();
}

// -- the task's side -----------------------------------------------------------------------------

bool RowSender::has_room(const std::string& row) const {
  // A row larger than the queue goes through when nothing else waits.
  if (queue_.empty()) return true;
  return queue_.size() < settings_.queue_rows &&
         waiting_bytes_ + row.size() <= settings_.queue_bytes;
}

void RowSender::push(std::string row) {
  Lock lock(mutex_);
  if (!has_room(row) && !out_of_patience_) {
    counters_.queue_full.add();
    TimeNs until = pause_.now() + settings_.patience;
    while (!has_room(row) && pause_.now() < until)
      pause_.wait(lock, wake_pusher_, until - pause_.now());
    out_of_patience_ = !has_room(row);
  }
  while (!has_room(row)) {
    waiting_bytes_ -= queue_.front().size();
    queue_.pop_front();
    counters_.undelivered.add();
  }
  waiting_bytes_ += row.size();
  queue_.push_back(std::move(row));
  wake_sender_.notify_one();
}

Result<void> RowSender::finish() {
  {
    Lock lock(mutex_);
    finishing_ = true;
    give_up_at_ = pause_.now() + settings_.drain_timeout;
    wake_sender_.notify_all();
  }
  thread_.join();
  return outcome();
}

Result<void> RowSender::outcome() const {
  std::string why = stop_reason_.empty() ? last_failure_ : stop_reason_;
  if (why.empty()) why = "it takes them too slowly";
  if (std::uint64_t lost = counters_.undelivered.value(); lost > 0)
    return Error{ErrorKind::unavailable,
                 fmt::format("{}: {} rows could not be delivered to {}: {}", settings_.who, lost,
                             receiver_.name(), why),
                 ""};
  if (std::uint64_t refused = counters_.refused.value(); refused > 0)
    return Error{ErrorKind::data,
                 fmt::format("{}: {} refused {} rows: {}", settings_.who, receiver_.name(), refused,
                             first_refusal_),
                 ""};
  return {};
}

void RowSender::save(StateWriter& out) const {
  Lock lock(mutex_);
  out.put(std::uint64_t{on_the_way_.size() + queue_.size()});
  for (const std::string& row : on_the_way_) out.put_bytes(row);
  for (const std::string& row : queue_) out.put_bytes(row);
}

Result<void> RowSender::restore(StateReader& in) {
  for (std::uint64_t left = in.get_count(sizeof(std::uint64_t)); left != 0; --left) {
    std::string row(in.get_bytes());
    if (in.ok()) push(std::move(row));
  }
  return in.ok() ? Result<void>{} : damaged_state();
}

// -- the sender's side ---------------------------------------------------------------------------

void RowSender::run() {
  Lock lock(mutex_);
  while (true) {
    wake_sender_.wait(lock, [this] { return finishing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    take_batch();
    if (given_up())
      give_up_batch();
    else if (within_rate())
      deliver(lock);
    else
      hold_back();
    on_the_way_.clear();
    wake_pusher_.notify_one();
  }
}

void RowSender::take_batch() {
  while (!queue_.empty() && on_the_way_.size() < settings_.batch_rows) {
    waiting_bytes_ -= queue_.front().size();
    on_the_way_.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
}

bool RowSender::given_up() const {
  if (abandoned_ || !stop_reason_.empty()) return true;
  return finishing_ && pause_.now() >= give_up_at_;
}

void RowSender::give_up_batch() { counters_.undelivered.add(on_the_way_.size()); }

bool RowSender::within_rate() {
  if (settings_.per_minute_max == 0) return true;
  TimeNs now = pause_.now();
  while (!sent_.empty() && now - sent_.front() >= minute) sent_.pop_front();
  if (sent_.size() >= settings_.per_minute_max) return false;
  sent_.push_back(now);
  return true;
}

// An old alert is worse than none: what is too much is not sent later.
void RowSender::hold_back() {
  if (held_back_ == 0)
    note_(fmt::format("{}: more than {} deliveries a minute to {}: holding rows back",
                      settings_.who, settings_.per_minute_max, receiver_.name()));
  held_back_ += on_the_way_.size();
  counters_.held_back.add(on_the_way_.size());
}

void RowSender::deliver(Lock& lock) {
  while (!given_up()) {
    lock.unlock();
    RowReceiver::Answer answer = receiver_.deliver(on_the_way_, held_back_);
    lock.lock();
    if (answer.outcome != Outcome::again) {
      if (settle(answer, lock)) return;
      break;
    }
    if (!wait_to_retry(answer, lock)) break;
  }
  give_up_batch();
}

bool RowSender::settle(const RowReceiver::Answer& answer, Lock&) {
  if (answer.outcome == Outcome::stop) {
    stop_reason_ = answer.reason;
    note_(fmt::format("{}: {} takes no rows: {}; none is sent any more", settings_.who,
                      receiver_.name(), answer.reason));
    return false;
  }
  if (backoff_.failures() > 0)
    note_(fmt::format("{}: {} answers again", settings_.who, receiver_.name()));
  backoff_.reset();
  out_of_patience_ = false;
  give_up_at_ = pause_.now() + settings_.drain_timeout;
  if (answer.outcome == Outcome::refused) {
    if (counters_.refused.value() == 0) {
      first_refusal_ = answer.reason;
      note_(fmt::format("{}: {} refuses rows: {}", settings_.who, receiver_.name(), answer.reason));
    }
    counters_.refused.add(on_the_way_.size());
    return true;
  }
  if (held_back_ > 0)
    note_(fmt::format("{}: {} rows to {} were held back", settings_.who, held_back_,
                      receiver_.name()));
  held_back_ = 0;
  counters_.delivered.add(on_the_way_.size());
  return true;
}

bool RowSender::wait_to_retry(const RowReceiver::Answer& answer, Lock& lock) {
  last_failure_ = answer.reason;
  if (backoff_.failures() == 0 && !finishing_)
    note_(fmt::format("{}: {} takes no rows now ({}); {} wait", settings_.who, receiver_.name(),
                      answer.reason, queue_.size() + on_the_way_.size()));
  TimeNs until = pause_.now() + std::max(backoff_.next(), answer.retry_after);
  // finish() cuts a pause short: one try at once, then the rest of the time to drain.
  bool was_finishing = finishing_;
  while (!given_up() && pause_.now() < until && finishing_ == was_finishing) {
    TimeNs limit = finishing_ ? std::min(until, give_up_at_) : until;
    pause_.wait(lock, wake_sender_, limit - pause_.now());
  }
  if (given_up()) return false;
  counters_.retries.add();
  return true;
}

}  // namespace dnstorm::operators
