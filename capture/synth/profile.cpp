#include "capture/synth/profile.hpp"

#include "capture/dns/codes.hpp"
#include "capture/synth/fragment.hpp"

namespace dnstorm::capture::synth {

namespace {

using namespace dns::type;

constexpr TypeShare resolver_types[] = {
    {a, 57},       {aaaa, 21},   {https, 12}, {ptr, 4},   {txt, 1.5}, {srv, 1},
    {mx, 1},       {ns, 0.5},    {soa, 0.5},  {ds, 0.3},  {any, 0.3}, {cname, 0.2},
    {dnskey, 0.2}, {naptr, 0.2}, {svcb, 0.1}, {caa, 0.1}, {tlsa, 0.1}};
constexpr TypeShare root_types[] = {{a, 59.0},  {aaaa, 22.3}, {ns, 4.4},     {ptr, 4.2},
                                    {srv, 3.2}, {ds, 2.7},    {soa, 1.8},    {txt, 0.7},
                                    {mx, 0.6},  {any, 0.5},   {dnskey, 0.4}, {naptr, 0.2}};
constexpr TypeShare tld_types[] = {{a, 50},    {aaaa, 20}, {ns, 9},    {ds, 7},       {mx, 6},
                                   {txt, 3},   {https, 2}, {soa, 1.2}, {dnskey, 0.8}, {srv, 0.4},
                                   {caa, 0.3}, {any, 0.2}, {tlsa, 0.1}};

// Since the flag day of 2020 most announce 1232; the larger ones are older software.
constexpr SizeShare udp_sizes[] = {{1232, 60}, {4096, 22}, {1400, 8},
                                   {512, 5},   {1452, 3},  {8192, 2}};

// Microseconds. LAN clients 2018: median 1.0 ms, 90 % 5.2 ms, 99 % 125 ms.
constexpr Quantile resolver_delays[] = {{0, 90},        {0.25, 420},     {0.5, 1000},
                                        {0.75, 2300},   {0.9, 5200},     {0.95, 22000},
                                        {0.99, 125000}, {0.998, 700000}, {1, 2500000}};
constexpr Quantile server_delays[] = {{0, 18}, {0.5, 55}, {0.9, 130}, {0.99, 420}, {1, 4000}};
constexpr Quantile lan_round_trips[] = {{0, 80}, {0.5, 600}, {0.9, 4000}, {1, 60000}};
constexpr Quantile far_round_trips[] = {{0, 400}, {0.5, 22000}, {0.9, 120000}, {1, 380000}};

constexpr Profile profiles[] = {
    {.name = "resolver",
     .types = resolver_types,
     .udp_sizes = udp_sizes,
     .delays_us = resolver_delays,
     .round_trips_us = lan_round_trips,
     .recursion_desired = 0.999,
     .unknown_tlds = 0.02,
     .random_labels = 0.02,
     .pointless_ptr = 0.4,
     .servfail = 0.01,
     .refused = 0.005,
     .nodata_aaaa = 0.12,
     .nodata_https = 0.2,
     .truncated = 0.0005},
    {.name = "root",
     .types = root_types,
     .udp_sizes = udp_sizes,
     .delays_us = server_delays,
     .round_trips_us = far_round_trips,
     .recursion_desired = 0.018,
     .unknown_tlds = 0.36,
     .random_labels = 0.26,
     .pointless_ptr = 0,
     .servfail = 0,
     .refused = 0.0002,
     .nodata_aaaa = 0,
     .nodata_https = 0,
     .truncated = 0.01},
    {.name = "tld",
     .types = tld_types,
     .udp_sizes = udp_sizes,
     .delays_us = server_delays,
     .round_trips_us = far_round_trips,
     .recursion_desired = 0.02,
     .unknown_tlds = 0,
     .random_labels = 0.01,
     .pointless_ptr = 0,
     .servfail = 0.0001,
     .refused = 0.001,
     .nodata_aaaa = 0,
     .nodata_https = 0,
     .truncated = 0.004},
};

Error wrong(std::string_view option, std::string_view problem) {
  return {ErrorKind::usage, fmt::format("{}: {}", option, problem), std::string(option)};
}

Result<void> check_rhythm(const std::vector<double>& rhythm) {
  if (rhythm.empty()) return {};
  if (rhythm.size() != 24 && rhythm.size() != 168)
    return wrong("--rhythm",
                 fmt::format("has {} numbers; a day has 24 hours, a week 168", rhythm.size()));
  for (double rate : rhythm)
    if (!(rate > 0 && rate <= 1e9))
      return wrong("--rhythm", fmt::format("{:g} is no rate: above 0, at most 1e9", rate));
  return {};
}

}  // namespace

const Profile& profile(View view) { return profiles[static_cast<std::size_t>(view)]; }

Options Options::of(View view) {
  Options options;
  options.view = view;
  if (view == View::resolver) return options;
  // Resolvers ask: many of them, nearly all with EDNS, most with DO.
  options.clients = 5000;
  options.rate = 5000;
  options.client_subnet = 0.002;
  options.edns = view == View::root ? 0.87 : 0.95;
  options.dnssec_ok = view == View::root ? 0.66 : 0.8;
  options.v6 = view == View::root ? 0.24 : 0.35;
  options.signed_zones = view == View::root ? 0.92 : 0.5;
  options.one_time = view == View::root ? 0 : 0.12;
  options.loss = 0.0005;
  options.mixed_case = 0.1;
  return options;
}

// A connection brings several queries: with a chance of q for one, q * mean / (1 - q + q * mean) of
// the queries go over TCP.
double connection_share(const Options& options) {
  return options.tcp / (options.tcp_queries * (1 - options.tcp) + options.tcp);
}
double queries_per_arrival(const Options& options) {
  double share = connection_share(options);
  return 1 - share + share * options.tcp_queries;
}

Result<void> check(const Options& options) {
  struct Share {
    std::string_view option;
    double value;
  };
  for (const Share& share : std::initializer_list<Share>{{"--one-time", options.one_time},
                                                         {"--mixed-case", options.mixed_case},
                                                         {"--ipv6", options.v6},
                                                         {"--edns", options.edns},
                                                         {"--do", options.dnssec_ok},
                                                         {"--ecs", options.client_subnet},
                                                         {"--cookies", options.cookies},
                                                         {"--signed", options.signed_zones},
                                                         {"--loss", options.loss},
                                                         {"--duplicates", options.duplicates},
                                                         {"--tcp", options.tcp},
                                                         {"--fragments", options.fragments},
                                                         {"--https", options.https.value_or(0)}})
    if (!(share.value >= 0 && share.value <= 1))
      return wrong(share.option,
                   fmt::format("{:g} is not a share of 0 to 100 percent", share.value * 100));
  if (!(options.malformed >= 0 && options.not_dns >= 0 &&
        options.malformed + options.not_dns <= 0.9))
    return wrong("--malformed",
                 "together with --not-dns it may be 90 percent of the packets at most");
  if (options.dnssec_ok > options.edns || options.client_subnet > options.edns ||
      options.cookies > options.edns)
    return wrong("--edns",
                 "DO, client subnet and cookies need EDNS: their shares cannot be higher");
  if (!(options.tcp_queries >= 1 && options.tcp_queries <= 1000))
    return wrong("--tcp-queries", "a connection has 1 to 1000 queries on average");
  if (options.mtu < mtu_min || options.mtu > mtu_max)
    return wrong("--mtu", fmt::format("must be {} to {} bytes", mtu_min, mtu_max));
  if (!(options.rate > 0 && options.rate <= 1e8))
    return wrong("--rate", "queries per second must be above 0 and at most 100,000,000");
  DNSTORM_CHECK(check_rhythm(options.rhythm));
  if (options.clients < 1 || options.clients > 16'000'000)
    return wrong("--clients", "must be 1 to 16,000,000");
  if (options.names_file.empty() && (options.names < 1 || options.names > 100'000'000))
    return wrong("--names", "must be 1 to 100,000,000, or a file");
  if (!(options.name_exponent >= 0 && options.name_exponent <= 5 && options.client_exponent >= 0 &&
        options.client_exponent <= 5))
    return wrong("--zipf", "exponents must be 0 to 5");
  if (!options.queries && !options.packets && !options.duration)
    return wrong("--queries", "say how much: --queries, --packets or --duration");
  if (options.start < 0) return wrong("--start", "must not be before 1970");
  return {};
}

}  // namespace dnstorm::capture::synth
