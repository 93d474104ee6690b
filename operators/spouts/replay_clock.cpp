#include "operators/spouts/replay_clock.hpp"

#include <charconv>

namespace dnstorm::operators {

std::optional<ReplayClock> ReplayClock::parse(std::string_view text) {
  ReplayClock clock;
  if (text == "max") return clock;
  auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), clock.speed_);
  std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  if (problem != std::errc() || unit != "x" || clock.speed_ <= 0) return std::nullopt;
  return clock;
}

}  // namespace dnstorm::operators
