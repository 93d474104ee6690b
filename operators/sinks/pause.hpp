// Waiting, as something a test can replace: how long a sender waits between two tries.
#pragma once

#include <condition_variable>
#include <mutex>

#include "engine/base/time.hpp"

namespace dnstorm::operators {

class Pause {
 public:
  virtual ~Pause() = default;
  // A time that never goes back; wait() lets it pass.
  virtual TimeNs now() const = 0;
  // Returns after that time or when `wake` is notified, whichever is first. `lock` is held on
  // return.
  virtual void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                    DurationNs time) = 0;
};

class SystemPause final : public Pause {
 public:
  TimeNs now() const override;
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
            DurationNs time) override;
};

}  // namespace dnstorm::operators
