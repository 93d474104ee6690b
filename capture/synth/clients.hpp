// Who asks: a population of IPv4 and IPv6 addresses, active by rank (Zipf), and the servers asked.
// Addresses are from 10.0.0.0/8 and 2001:db8::/32 (clients), 198.18.0.0/15 and 2001:db8:ffff::/48
// (servers): none of them is anybody's. Immutable, thread-safe.
#pragma once

#include <cstdint>

#include "capture/synth/profile.hpp"
#include "capture/synth/random.hpp"
#include "engine/base/ip.hpp"

namespace dnstorm::capture::synth {

class Clients {
 public:
  explicit Clients(const Options& options);

  // The family is drawn first, so the share of IPv6 among queries is the option's.
  std::uint32_t pick(Random& random) const;
  IpAddress address(std::uint32_t client) const;
  bool is_v6(std::uint32_t client) const { return client >= v4_count_; }
  std::uint32_t count() const { return v4_count_ + v6_count_; }

 private:
  std::uint32_t v6_count_;
  std::uint32_t v4_count_;
  double v6_share_;
  WeightedChoice v4_;
  WeightedChoice v6_;
  std::uint32_t spread_mask_;
};

IpAddress server_address(bool v6, std::uint32_t number);
// Address `number` of the pool that answers speak of (198.18.0.0/15, 2001:db8:fffe::/48).
IpAddress pool_address(bool v6, std::uint64_t number);

}  // namespace dnstorm::capture::synth
