#include "engine/telemetry/sampler.hpp"

#include <algorithm>

namespace dnstorm {

std::size_t Sampler::admit(TimeNs now, std::size_t wanted) {
  while (!newest_.empty() && now - newest_.front().time >= ns_per_s) {
    in_last_second_ -= newest_.front().count;
    newest_.pop_front();
  }
  std::size_t in_last_tenth = 0;
  for (auto it = newest_.rbegin(); it != newest_.rend() && now - it->time < ns_per_s / 10; ++it)
    in_last_tenth += it->count;
  std::size_t a_tenth = std::max<std::size_t>(rate_ / 10, 1);
  std::size_t room = a_tenth - std::min(a_tenth, in_last_tenth);
  std::size_t admitted = std::min({wanted, rate_ - in_last_second_, room});
  if (admitted == 0) return 0;
  newest_.push_back({now, admitted});
  in_last_second_ += admitted;
  return admitted;
}

}  // namespace dnstorm
