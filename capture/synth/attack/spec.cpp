#include "capture/synth/attack/spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "capture/dns/name.hpp"
#include "capture/synth/attack/attack.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

constexpr double rate_max = 1e6;
constexpr std::uint32_t clients_max = 1U << 20U;
constexpr DurationNs time_limit = 3653 * 86400 * ns_per_s;

Error wrong(std::string_view problem) {
  return {ErrorKind::usage, fmt::format("--attack: {}", problem), "--attack"};
}

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    std::size_t at = text.find(by);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> set_time(DurationNs& to, std::string_view key, std::string_view value,
                      DurationNs least) {
  std::optional<DurationNs> time = parse_duration(value);
  if (!time || *time < least || *time > time_limit)
    return wrong(
        fmt::format("{}={} is no duration up to 10 years; write 90s, 10m or 2h", key, value));
  to = *time;
  return {};
}

Result<void> set(Spec& spec, const Kind& kind, std::string_view key, std::string_view value) {
  if (key == "at") return set_time(spec.at, key, value, 0);
  if (key == "for") return set_time(spec.length, key, value, 1);
  if (key == "strength") {
    for (Strength strength : {Strength::low, Strength::normal, Strength::high})
      if (value == to_string(strength)) return spec.strength = strength, Result<void>();
    return wrong(fmt::format("strength={} is none of low, normal, high", value));
  }
  if (key == "rate") {
    spec.rate = number_of<double>(value);
    if (spec.rate && *spec.rate > 0 && *spec.rate <= rate_max) return {};
    return wrong(
        fmt::format("rate={} is not above 0 and at most {:.0f} ({})", value, rate_max, kind.step));
  }
  if (key == "clients") {
    spec.clients = number_of<std::uint32_t>(value);
    if (spec.clients && *spec.clients > 0 && *spec.clients <= clients_max) return {};
    return wrong(fmt::format("clients={} is not 1 to {}", value, clients_max));
  }
  if (key == "domain") {
    std::optional<std::string> normal = dns::normal_name(value);
    if (value.empty() || !normal || normal->size() > 100)
      return wrong(fmt::format("domain={} is no domain name of at most 100 characters", value));
    spec.domain = *normal;
    return {};
  }
  if (key == "mode") {
    for (std::string_view mode : split(kind.modes, ' '))
      if (!value.empty() && value == mode) return spec.mode = value, Result<void>();
    return wrong(fmt::format("{} has no mode \"{}\"; it has {}", kind.name, value,
                             kind.modes.empty() ? "none" : kind.modes));
  }
  return wrong(
      fmt::format("\"{}\" is none of strength, at, for, rate, clients, domain, mode", key));
}

}  // namespace

std::string_view to_string(Strength strength) {
  static constexpr std::string_view names[strengths] = {"low", "normal", "high"};
  return names[static_cast<std::size_t>(strength)];
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const Kind& kind : kinds()) names.emplace_back(kind.name);
  return names;
}

Result<Spec> parse_spec(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ',');
  Spec spec;
  spec.kind = parts.front();
  const Kind* kind = find_kind(spec.kind);
  if (kind == nullptr)
    return wrong(fmt::format("\"{}\" is none of {}", spec.kind, fmt::join(kind_names(), ", ")));
  for (std::size_t i = 1; i < parts.size(); ++i) {
    std::size_t equals = parts[i].find('=');
    if (equals == std::string_view::npos)
      return wrong(fmt::format("\"{}\" is not KEY=VALUE", parts[i]));
    DNSTORM_CHECK(set(spec, *kind, parts[i].substr(0, equals), parts[i].substr(equals + 1)));
  }
  return spec;
}

}  // namespace dnstorm::capture::synth::attack
