// The attacks, each in a file of its own.
#pragma once

#include <memory>

#include "capture/synth/attack/attack.hpp"

namespace dnstorm::capture::synth::attack {

std::unique_ptr<Attack> make_amplification(const Cast& cast);
std::unique_ptr<Attack> make_backscatter(const Cast& cast);
std::unique_ptr<Attack> make_dga(const Cast& cast);
std::unique_ptr<Attack> make_dnssec_failure(const Cast& cast);
std::unique_ptr<Attack> make_fan_out(const Cast& cast);
std::unique_ptr<Attack> make_fast_flux(const Cast& cast);
std::unique_ptr<Attack> make_lame_delegation(const Cast& cast);
std::unique_ptr<Attack> make_latency(const Cast& cast);
std::unique_ptr<Attack> make_loops(const Cast& cast);
std::unique_ptr<Attack> make_newly_observed(const Cast& cast);
std::unique_ptr<Attack> make_nxdomain_flood(const Cast& cast);
std::unique_ptr<Attack> make_open_resolver(const Cast& cast);
std::unique_ptr<Attack> make_poisoning(const Cast& cast);
std::unique_ptr<Attack> make_random_subdomain(const Cast& cast);
std::unique_ptr<Attack> make_rebinding(const Cast& cast);
std::unique_ptr<Attack> make_tunnel(const Cast& cast);
std::unique_ptr<Attack> make_typosquat(const Cast& cast);
std::unique_ptr<Attack> make_volume(const Cast& cast);
std::unique_ptr<Attack> make_zone_scan(const Cast& cast);

}  // namespace dnstorm::capture::synth::attack
