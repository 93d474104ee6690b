#include "cluster/worker/worker.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "cluster/feed/outbox.hpp"
#include "cluster/model/codec.hpp"
#include "cluster/model/lease_page.hpp"
#include "cluster/model/loop.hpp"
#include "cluster/worker/detail/running_slice.hpp"
#include "engine/api/point_feed.hpp"
#include "engine/base/write_all.hpp"

namespace dnstorm::cluster {

namespace {

constexpr DurationNs look_period = 50 * ns_per_ms;  // after the run, and after the lease

// Ends the process when its time is over, whatever the other threads do.
class Watchdog {
 public:
  explicit Watchdog(LeasePage page) : page_(std::move(page)), thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
      TimeNs now = clock_.steady_ns();
      TimeNs until = page_.until();
      if (now >= until) ::_exit(exit_lease_over);
      changed_.wait_for(lock, std::chrono::nanoseconds(std::min(until - now, look_period)));
    }
  }
  SystemClock clock_;
  LeasePage page_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;  // the last: it uses the others
};

// What board sinks publish on executors' threads, and store sinks.
class WorkerFeed final : public PointFeed {
 public:
  void publish(FeedFrame frame) override {
    std::lock_guard lock(mutex_);
    outbox_.publish(std::move(frame));
  }
  template <class F>
  auto with(F what) {
    std::lock_guard lock(mutex_);
    return what(outbox_);
  }

 private:
  std::mutex mutex_;
  FeedOutbox outbox_;
};

class Worker {
 public:
  explicit Worker(WorkerOptions options)
      : options_(std::move(options)),
        machine_(::getpid()),
        loop_(clock_, [this] { return look(); }) {
    options_.run.feed = &feed_;
  }

  void run() {
    slice_ = std::make_unique<detail::RunningSlice>(options_, slice_events());
    loop_.start();
    std::thread reader([this] { read_words(); });
    ended_.get_future().wait();
    loop_.stop();
    ending_ = true;
    ::shutdown(options_.channel, SHUT_RD);
    reader.join();
  }

 private:
  detail::SliceEvents slice_events() {
    return {[this](runtime::SavedState state) {
              loop_.post([this, state = std::move(state)] { send_state(state); });
            },
            [this](const std::string& why) {
              loop_.post([this, why] {
                machine_.failed(why);
                follow();
              });
            },
            [this](const std::string& level, const std::string& text) {
              loop_.post([this, level, text] { log(level, text); });
            }};
  }

  // --- words ------------------------------------------------------------------------------------
  void read_words() {
    WordReader words;
    std::array<char, 65'536> bytes{};
    while (!words.broken()) {
      ssize_t got = ::read(options_.channel, bytes.data(), bytes.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      words.add({bytes.data(), static_cast<std::size_t>(got)});
      while (auto word = words.next()) loop_.post([this, word = std::move(*word)] { take(word); });
    }
    // Without its node nobody renews the lease, and nobody would hear what becomes of it.
    if (!ending_) ::_exit(0);
  }

  void take(const Word& word) {
    switch (word.kind) {
      case WordKind::order:
        take_read(worker_order_from_json(word.bytes));
        break;
      case WordKind::submission:
        take_read(submission_from_json(word.bytes));
        break;
      case WordKind::state: {
        auto message = decode(word.bytes);
        if (!message.ok())
          machine_.failed(message.error().what);
        else if (auto* part = std::get_if<StatePart>(&*message))
          machine_.take(std::move(*part));
        break;
      }
      case WordKind::stop:
        machine_.stop();
        break;
      case WordKind::tap:
        if (auto message = decode(word.bytes); message.ok())
          if (const auto* order = std::get_if<TapOrder>(&*message)) take(*order);
        break;
      case WordKind::feed_ack:
        if (auto message = decode(word.bytes); message.ok())
          if (const auto* ack = std::get_if<FeedAck>(&*message)) take(*ack);
        break;
      case WordKind::mutes:
        if (auto message = decode(word.bytes); message.ok() && options_.mute)
          if (const auto* order = std::get_if<MuteOrder>(&*message)) take(*order);
        break;
      default:
        break;  // a word of a newer node
    }
    follow();
  }
  void take(const TapOrder& order) {
    if (runs_ && machine_.report().state < WorkerState::finished)
      taps_.take(order, slice_->plan(), clock_.steady_ns());
  }
  void take(const MuteOrder& order) {
    if (options_.mute(order.rules))
      log("info", fmt::format("the board mutes security events by {} rules", order.rules.size()));
  }
  void take(const FeedAck& ack) {
    TimeNs now = clock_.steady_ns();
    feed_.with([&](FeedOutbox& outbox) { outbox.confirm(ack.sequence, now); });
    say_feed(feed_.with([&](FeedOutbox& outbox) { return outbox.take(now); }));
  }
  template <class T>
  void take_read(const Result<T>& value) {
    if (value.ok())
      machine_.take(*value);
    else
      machine_.failed(value.error().what);
  }

  void say(WordKind kind, std::string bytes) {
    if (!write_all(options_.channel, to_bytes({kind, std::move(bytes)}))) ::_exit(0);
  }
  void send_state(const runtime::SavedState& state) {
    const WorkerReport& about = machine_.report();
    flush_feed();
    say(WordKind::state, encode(StatePart{about.topology, about.incarnation, state.number,
                                          state.task, state.bytes}));
  }
  void flush_feed() {
    TimeNs now = clock_.steady_ns();
    say_feed(feed_.with([&](FeedOutbox& outbox) { return outbox.flush(now); }));
  }
  void say_feed(std::vector<FeedNews> words) {
    for (FeedNews& word : words) say(WordKind::feed, encode(word));
  }
  void log(const std::string& level, const std::string& text) {
    say(WordKind::log,
        encode(LogLine{clock_.wall_ns(), options_.node, machine_.report().topology, level, text}));
  }

  TapEvents tap_events() {
    return {[this](const std::string& id, std::string lines) {
              say(WordKind::news, encode(WorkerNews{{}, {}, 0, tap_news + id, std::move(lines)}));
            },
            [this](const std::string& level, const std::string& text) { log(level, text); }};
  }

  // --- what the machine wants -------------------------------------------------------------------
  void follow() {
    for (auto outputs = machine_.take_outputs(); !outputs.empty();
         outputs = machine_.take_outputs())
      for (WorkerOutput& output : outputs)
        std::visit([this](auto& what) { perform(what); }, output);
  }
  template <class F, class G>
  void attempt(F what, G then) {
    try {
      auto result = what();
      if (result.ok())
        then(*result);
      else
        machine_.failed(result.error().what);
    } catch (const std::exception& problem) {
      machine_.failed(problem.what());
    }
  }
  void perform(const MakePlan& order) {
    attempt([&] { return slice_->make_plan(order); },
            [&](const auto& tasks) { machine_.planned(tasks); });
  }
  void perform(const Prepare& order) {
    attempt([&] { return slice_->prepare(order); },
            [&](const std::string& endpoint) { machine_.prepared(endpoint); });
  }
  void perform(const Begin& order) {
    auto begun = slice_->begin(order.peers);
    if (!begun.ok()) machine_.failed(begun.error().what);
    runs_ = begun.ok();
    stats_at_ = clock_.steady_ns();
  }
  void perform(const TakePart& order) {
    if (runs_) slice_->take_part(order.checkpoint);
  }
  void perform(const SetActive& order) {
    if (runs_) slice_->set_active(order.active);
  }
  void perform(const DrainSources&) {
    if (runs_) slice_->drain();
  }
  void perform(const SayReport& what) { say(WordKind::report, to_json(what.report)); }
  // Sinks close their files; then nothing is left to be done.
  void perform(const EndProcess&) {
    runs_ = false;
    taps_.end();
    slice_.reset();
    const TimeNs now = clock_.steady_ns();
    say_feed(feed_.with([&](FeedOutbox& outbox) { return outbox.last_words(now); }));
    ended_.set_value();
  }

  // --- the run ----------------------------------------------------------------------------------
  TimeNs look() {
    if (!runs_) return time_max;
    TimeNs now = clock_.steady_ns();
    bool was_over = machine_.report().state >= WorkerState::finished;
    // What the last tasks have saved is posted before they end, and said before their end is.
    if (!was_over && (slice_->error() || slice_->done())) loop_.post([this] { end_of_run(); });
    taps_.look(now);
    say_feed(feed_.with([&](FeedOutbox& outbox) { return outbox.take(now); }));
    if (now >= stats_at_ && !was_over) {
      stats_at_ = now + options_.stats_period;
      say_stats();
    }
    return now + look_period;
  }
  void end_of_run() {
    if (!runs_ || machine_.report().state >= WorkerState::finished) return;
    taps_.end();
    if (auto error = slice_->error())
      machine_.failed(error->what);
    else
      attempt([&] { return slice_->rows(); },
              [&](const std::vector<EdgeRows>& rows) { machine_.finished(rows); });
    flush_feed();
    say_stats();
    follow();
  }
  void say_stats() {
    WorkerStats stats = slice_->stats();
    stats.checkpoint = machine_.report().checkpoint;
    say(WordKind::stats, to_json(stats));
  }

  WorkerOptions options_;
  SystemClock clock_;
  WorkerMachine machine_;
  WorkerFeed feed_;  // before the slice, which publishes to it
  std::unique_ptr<detail::RunningSlice> slice_;
  WorkerTaps taps_{options_.open_tap, tap_events()};  // after the slice: they look at its plan
  bool runs_ = false;
  TimeNs stats_at_ = 0;
  std::promise<void> ended_;
  std::atomic<bool> ending_ = false;
  Loop loop_;
};

}  // namespace

int run_worker(WorkerOptions options) {
  ::signal(SIGPIPE, SIG_IGN);
  auto lease = LeasePage::open(options.lease);
  if (!lease.ok()) {
    fmt::print(stderr, "dnstorm: {}\n", lease.error().what);
    return 70;
  }
  Watchdog watchdog(std::move(*lease));
  Worker(std::move(options)).run();
  return 0;
}

}  // namespace dnstorm::cluster
