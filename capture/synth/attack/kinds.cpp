#include <algorithm>
#include <iterator>

#include "capture/synth/attack/makers.hpp"

namespace dnstorm::capture::synth::attack {

namespace {

// Rates are our own choice: low is below what the published detectors set as their start, normal is
// what they are made for, high is ten times that.
constexpr Kind all[] = {
    {"random_subdomain", {30, 300, 3000}, "queries per second", "", make_random_subdomain},
    {"nxdomain_flood", {20, 200, 2000}, "queries per second", "", make_nxdomain_flood},
    {"tunnel", {0.08, 2, 60}, "queries per second", "", make_tunnel},
    {"dga", {0.05, 1, 50}, "queries per second of all clients", "letters hex words", make_dga},
    {"amplification", {30, 300, 3000}, "queries per second", "", make_amplification},
    {"poisoning", {1, 5, 20}, "attacked queries per second", "", make_poisoning},
    {"backscatter", {0.5, 5, 50}, "ICMP errors per second", "", make_backscatter},
    {"zone_scan", {20, 200, 2000}, "queries per second", "dictionary nsec", make_zone_scan},
    {"fast_flux", {0.2, 2, 20}, "queries per second", "", make_fast_flux},
    {"newly_observed", {0.1, 1, 10}, "queries per second", "", make_newly_observed},
    {"typosquat", {0.05, 0.5, 5}, "queries per second", "", make_typosquat},
    {"rebinding", {0.1, 1, 10}, "queries per second", "", make_rebinding},
    {"open_resolver", {1, 10, 100}, "queries per second", "open rogue", make_open_resolver},
    {"dnssec_failure", {2, 20, 200}, "queries per second", "", make_dnssec_failure},
    {"lame_delegation", {1, 10, 100}, "queries per second", "", make_lame_delegation},
    {"loops", {10, 100, 1000}, "queries per second", "", make_loops},
    {"fan_out", {0.5, 2, 10}, "client queries per second", "", make_fan_out},
    {"latency", {0, 0, 0}, "", "", make_latency},
    {"volume", {0.5, 2, 9}, "queries per second", "", make_volume},
};

}  // namespace

std::span<const Kind> kinds() { return all; }

const Kind* find_kind(std::string_view name) {
  const Kind* kind =
      std::find_if(std::begin(all), std::end(all), [&](const Kind& k) { return k.name == name; });
  return kind == std::end(all) ? nullptr : kind;
}

}  // namespace dnstorm::capture::synth::attack
