#include "cluster/model/loop.hpp"

#include <algorithm>
#include <chrono>

namespace dnstorm::cluster {

Loop::Loop(const Clock& clock, std::function<TimeNs()> on_time)
    : clock_(clock), on_time_(std::move(on_time)) {}

void Loop::start() {
  thread_ = std::thread([this] { run(); });
}

void Loop::post(std::function<void()> what) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(what));
  }
  changed_.notify_one();
}

void Loop::stop() {
  if (!thread_.joinable()) return;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Loop::run() {
  for (;;) {
    TimeNs next = on_time_();
    std::deque<std::function<void()>> taken;
    {
      std::unique_lock lock(mutex_);
      auto ready = [this] { return stopping_ || !posted_.empty(); };
      if (next == time_max)
        changed_.wait(lock, ready);
      else
        changed_.wait_for(
            lock, std::chrono::nanoseconds(std::max<DurationNs>(next - clock_.steady_ns(), 0)),
            ready);
      if (posted_.empty() && stopping_) return;
      taken.swap(posted_);
    }
    for (auto& what : taken) what();
  }
}

}  // namespace dnstorm::cluster
