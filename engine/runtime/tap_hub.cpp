#include "engine/runtime/tap_hub.hpp"

#include <algorithm>

namespace dnstorm::runtime {

void TapHub::open(const TapPlace& place, std::shared_ptr<TapListener> listener) {
  std::lock_guard lock(mutex_);
  taps_.push_back({place, std::move(listener)});
  open_.store(taps_.size(), std::memory_order_relaxed);
}

void TapHub::close(const TapListener& listener) {
  std::lock_guard lock(mutex_);
  std::erase_if(taps_, [&](const Tap& tap) { return tap.listener.get() == &listener; });
  open_.store(taps_.size(), std::memory_order_relaxed);
}

void TapHub::show(const TapPlace& place, std::uint32_t task, const Batch& batch,
                  const Selection* selection) const {
  std::vector<std::shared_ptr<TapListener>> listeners;
  {
    // Listeners work without the lock, so that executors do not wait for each other here.
    std::lock_guard lock(mutex_);
    for (const Tap& tap : taps_)
      if (tap.place == place) listeners.push_back(tap.listener);
  }
  for (const auto& listener : listeners) listener->see(task, batch, selection);
}

}  // namespace dnstorm::runtime
