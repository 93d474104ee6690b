// Mutes that come while a topology runs, from wherever its board is: `events` of this process find
// them among the resources of their tasks, beside their own. Whoever has them sets them.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operators/detect/mute_list.hpp"

namespace dnstorm::operators {

// TaskContext::resources
inline constexpr const char* live_mutes_key = "mutes";

class LiveMutes {
 public:
  // In the place of those before; whether they differ. What is no rule is passed over: who wrote it
  // was told so.
  bool set(const std::vector<std::string>& rules) {
    std::lock_guard lock(mutex_);
    if (rules == rules_) return false;
    rules_ = rules;
    std::vector<std::string> good;
    for (const std::string& rule : rules)
      if (MuteList::parse({rule}).ok()) good.push_back(rule);
    list_ = std::make_shared<const MuteList>(std::move(MuteList::parse(good)).value());
    version_.fetch_add(1, std::memory_order_release);
    return true;
  }

  // The mutes, if they are others than those of version `seen`, which is then that of these.
  std::shared_ptr<const MuteList> newer(std::uint64_t& seen) const {
    if (version_.load(std::memory_order_acquire) == seen) return nullptr;
    std::lock_guard lock(mutex_);
    seen = version_.load(std::memory_order_relaxed);
    return list_;
  }

 private:
  std::atomic<std::uint64_t> version_ = 0;  // rises under the mutex
  mutable std::mutex mutex_;                // guards what follows
  std::vector<std::string> rules_;
  std::shared_ptr<const MuteList> list_;
};

}  // namespace dnstorm::operators
