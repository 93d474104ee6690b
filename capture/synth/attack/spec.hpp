// What an attack is asked to be: "tunnel,strength=high,at=10m,for=5m". A value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth::attack {

enum class Strength : std::uint8_t { low, normal, high };
inline constexpr std::size_t strengths = 3;
std::string_view to_string(Strength strength);

struct Spec {
  std::string kind;
  Strength strength = Strength::normal;
  DurationNs at = 60 * ns_per_s;  // after the start of the traffic
  DurationNs length = 300 * ns_per_s;
  // What the strength says, unless it is said here.
  std::optional<double> rate;  // steps per second
  std::optional<std::uint32_t> clients;
  std::string domain;  // empty: one of the kind's own
  std::string mode;    // empty: the kind's first
};

// Errors: usage, about --attack: a kind, a key or a value that is none.
Result<Spec> parse_spec(std::string_view text);
std::vector<std::string> kind_names();

}  // namespace dnstorm::capture::synth::attack
