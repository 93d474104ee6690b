// An attack that is laid over the traffic: it moves in steps, whose times its campaign draws, and
// puts packets on the stage. One owner, one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "capture/synth/attack/spec.hpp"
#include "capture/synth/attack/stage.hpp"
#include "capture/synth/clients.hpp"
#include "capture/synth/names.hpp"
#include "capture/synth/profile.hpp"

namespace dnstorm::capture::synth::attack {

// What a detector should name.
struct Target {
  std::string kind;  // domain, client, network, server, total
  std::string key;
};

class Attack {
 public:
  virtual ~Attack() = default;
  virtual Target target() const = 0;
  virtual void step(TimeNs now, Stage& stage) = 0;
  // Steps per second, where the kind's rate is not one.
  virtual double rate(double of_kind) const { return of_kind; }
  // What the attack makes of the time that `server` takes to answer an ordinary query.
  virtual DurationNs slowed(const IpAddress& /*server*/, DurationNs delay) const { return delay; }
};

// Whom an attack may use. What it refers to outlives the attack.
struct Cast {
  const Spec& spec;
  const Options& options;
  const Clients& clients;
  const NameList& names;
  Random& random;

  std::size_t level() const { return static_cast<std::size_t>(spec.strength); }
  // One of three by the strength.
  template <class T>
  T by_strength(T low, T normal, T high) const {
    const T values[strengths] = {low, normal, high};
    return values[level()];
  }
  std::uint32_t client_count(std::uint32_t low, std::uint32_t normal, std::uint32_t high) const {
    return spec.clients.value_or(by_strength(low, normal, high));
  }
  // The domain of the option, or `label` under a top-level domain that the view has.
  std::string domain(std::string_view label) const;
  // An ordinary client with IPv4, if there is one.
  IpAddress insider() const;
};

// Addresses beside those of clients and servers: 172.16.0.0/12.
IpAddress outsider(std::uint32_t number);
// "172.16.4.0/24" of 172.16.4.7, a /48 of IPv6.
std::string network_of(const IpAddress& ip);

struct Kind {
  std::string_view name;
  double rates[strengths];  // steps per second
  std::string_view step;    // what one is
  std::string_view modes;   // "dictionary nsec"; the first is the default
  std::unique_ptr<Attack> (*make)(const Cast& cast);
};
std::span<const Kind> kinds();
const Kind* find_kind(std::string_view name);

}  // namespace dnstorm::capture::synth::attack
