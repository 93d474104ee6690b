// What the traffic is made of: three points of view with shares after published figures, and the
// options of one run, whose defaults they are.
//
// Sources. root: counted in a capture of a root server of 2016 (8,267 queries: the example of the
// dns-stats compactor); RSSAC002 reports of January 2025 (IPv6 24 % of queries, sizes). resolver:
// counted in a capture of LAN clients of 2018 (WRCCDC), Yang, Li and Tyson (USENIX ATC 2020:
// failures by type), Chen and others (DSN 2014: one-time names), our own choice for HTTPS queries
// (browsers ask since 2020, no published share at hand). tld: our own choice between the two. Round
// trips, and what TCP and fragments are made of: our own choice.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "capture/dnstap/message.hpp"
#include "capture/synth/attack/spec.hpp"
#include "capture/synth/random.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

enum class View : std::uint8_t { resolver, root, tld };
enum class Pace : std::uint8_t { poisson, diurnal, bursty };

struct TypeShare {
  std::uint16_t type;
  double share;
};
struct SizeShare {
  std::uint16_t bytes;
  double share;
};

// The shapes that no option changes.
struct Profile {
  std::string_view name;
  std::span<const TypeShare> types;
  std::span<const SizeShare> udp_sizes;      // announced in OPT
  std::span<const Quantile> delays_us;       // of responses
  std::span<const Quantile> round_trips_us;  // between client and tap
  double recursion_desired;
  double unknown_tlds;   // share of queries for names under top-level domains that do not exist
  double random_labels;  // single random labels, as browsers send to probe a network
  double pointless_ptr;  // of PTR queries: no name there
  double servfail;
  double refused;
  double nodata_aaaa;  // of names: no address of this kind
  double nodata_https;
  double truncated;  // besides those that do not fit
};
const Profile& profile(View view);

// Shares are 0 to 1.
struct Options {
  View view = View::resolver;
  Pace pace = Pace::poisson;
  std::uint64_t seed = 1;
  TimeNs start = 1767225600 * ns_per_s;  // 2026-01-01T00:00:00Z
  bool nanoseconds = false;
  double rate = 1000;  // queries per second, on average
  // Of Pace::diurnal: the rate at each full hour (UTC), in any unit, of a day (24) or of a week
  // that begins on Monday (168). Empty: a day as resolvers have it.
  std::vector<double> rhythm;
  // The run ends with the first limit that is reached: well-formed queries, packets, time.
  std::optional<std::uint64_t> queries;
  std::optional<std::uint64_t> packets;
  std::optional<DurationNs> duration;

  std::uint32_t clients = 500;
  double client_exponent = 0.9;  // activity by rank^-x
  std::string names_file;        // empty: names are invented
  std::uint32_t names = 10'000;
  double name_exponent = 0.95;
  double one_time = 0.03;       // queries for names never asked again
  double mixed_case = 0.03;     // queries in random letters (0x20)
  std::optional<double> https;  // queries for HTTPS; nothing: the profile's

  double v6 = 0.1;
  double edns = 0.8;
  double dnssec_ok = 0.15;
  double client_subnet = 0.05;  // of all queries; needs EDNS, as DO and cookies do
  double cookies = 0.05;
  double signed_zones = 0.08;
  double loss = 0.02;         // queries without an answer
  double duplicates = 0.001;  // packets that the tap sees twice
  double malformed = 0.001;   // of all packets
  double not_dns = 0.005;     // of all packets

  double tcp = 0;          // transactions over TCP; what is asked again because of TC comes on top
  double tcp_queries = 2;  // on one connection, on average
  double fragments = 0;    // transactions over UDP whose answer is larger than `mtu`
  std::uint32_t mtu = 1500;

  // Laid over the traffic, beyond the limit of queries.
  std::vector<attack::Spec> attacks;

  // The names that are asked for, and how often: exact, and of one entry a name. Without, the truth
  // has no names, and memory does not grow with the traffic.
  bool count_names = true;

  // What is written are dnstap frames of this kind, one a message, not packets.
  std::optional<dnstap::MessageKind> dnstap;

  static Options of(View view);
};

// The share of arrivals at which a connection is opened, so that `tcp` of the transactions go over
// it; and queries at an arrival, on average.
double connection_share(const Options& options);
double queries_per_arrival(const Options& options);

// Says what cannot be (a share over 1, a rate of 0, no clients): ErrorKind::usage with the name of
// the command's option.
Result<void> check(const Options& options);

}  // namespace dnstorm::capture::synth
