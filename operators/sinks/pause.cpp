#include "operators/sinks/pause.hpp"

#include <chrono>

namespace dnstorm::operators {

TimeNs SystemPause::now() const { return SystemClock().steady_ns(); }

void SystemPause::wait(std::unique_lock<std::mutex>& lock, std::condition_variable& wake,
                       DurationNs time) {
  wake.wait_for(lock, std::chrono::nanoseconds(time));
}

}  // namespace dnstorm::operators
