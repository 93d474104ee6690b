#include "operators/catalog.hpp"

#include "operators/count/count.hpp"
#include "operators/count/distinct.hpp"
#include "operators/count/histogram.hpp"
#include "operators/count/join.hpp"
#include "operators/count/quantiles.hpp"
#include "operators/count/rate.hpp"
#include "operators/count/running_count.hpp"
#include "operators/count/sums.hpp"
#include "operators/count/top.hpp"
#include "operators/detect/amplification.hpp"
#include "operators/detect/backscatter.hpp"
#include "operators/detect/dga.hpp"
#include "operators/detect/dnssec_failure.hpp"
#include "operators/detect/events.hpp"
#include "operators/detect/fan_out.hpp"
#include "operators/detect/fast_flux.hpp"
#include "operators/detect/lame_delegation.hpp"
#include "operators/detect/latency_degradation.hpp"
#include "operators/detect/loops.hpp"
#include "operators/detect/newly_observed.hpp"
#include "operators/detect/nxdomain_flood.hpp"
#include "operators/detect/open_resolver.hpp"
#include "operators/detect/poisoning.hpp"
#include "operators/detect/random_subdomain.hpp"
#include "operators/detect/rebinding.hpp"
#include "operators/detect/tunnel.hpp"
#include "operators/detect/typosquat.hpp"
#include "operators/detect/volume_anomaly.hpp"
#include "operators/detect/zone_scan.hpp"
#include "operators/dsc/dsc.hpp"
#include "operators/dsc/dsc_file.hpp"
#include "operators/enrich/anonymize.hpp"
#include "operators/enrich/direction.hpp"
#include "operators/enrich/geo.hpp"
#include "operators/enrich/label.hpp"
#include "operators/enrich/lookup.hpp"
#include "operators/grouping/first_tasks.hpp"
#include "operators/grouping/network.hpp"
#include "operators/hooks/systemd_notify.hpp"
#include "operators/hooks/trace.hpp"
#include "operators/match/match.hpp"
#include "operators/match/near_misses.hpp"
#include "operators/multilang/shell_bolt.hpp"
#include "operators/multilang/shell_spout.hpp"
#include "operators/rssac002/rssac002.hpp"
#include "operators/rssac002/rssac002_file.hpp"
#include "operators/season/season.hpp"
#include "operators/shape/dedupe.hpp"
#include "operators/shape/filter.hpp"
#include "operators/shape/identity.hpp"
#include "operators/shape/map.hpp"
#include "operators/shape/route.hpp"
#include "operators/shape/sample.hpp"
#include "operators/shape/sessionise.hpp"
#include "operators/shape/split.hpp"
#include "operators/shape/tee.hpp"
#include "operators/shape/union.hpp"
#include "operators/sinks/board.hpp"
#include "operators/sinks/discard.hpp"
#include "operators/sinks/influx.hpp"
#include "operators/sinks/kafka.hpp"
#include "operators/sinks/latency.hpp"
#include "operators/sinks/log.hpp"
#include "operators/sinks/prometheus.hpp"
#include "operators/sinks/row_files.hpp"
#include "operators/sinks/store.hpp"
#include "operators/sinks/syslog.hpp"
#include "operators/sinks/text.hpp"
#include "operators/sinks/webhook.hpp"
#include "operators/spouts/decode.hpp"
#include "operators/spouts/dnstap_spout.hpp"
#include "operators/spouts/lines_spout.hpp"
#include "operators/spouts/pcap_spout.hpp"
#include "operators/spouts/system_spout.hpp"
#include "operators/spouts/words_spout.hpp"

namespace dnstorm::operators {

namespace {

void add_detectors(OperatorRegistry& registry) {
  registry.add(amplification_operator());
  registry.add(backscatter_operator());
  registry.add(dga_operator());
  registry.add(dnssec_failure_operator());
  registry.add(events_operator());
  registry.add(fan_out_operator());
  registry.add(fast_flux_operator());
  registry.add(lame_delegation_operator());
  registry.add(latency_degradation_operator());
  registry.add(loops_operator());
  registry.add(newly_observed_operator());
  registry.add(nxdomain_flood_operator());
  registry.add(open_resolver_operator());
  registry.add(poisoning_operator());
  registry.add(random_subdomain_operator());
  registry.add(rebinding_operator());
  registry.add(tunnel_operator());
  registry.add(typosquat_operator());
  registry.add(volume_anomaly_operator());
  registry.add(zone_scan_operator());
}

}  // namespace

void add_builtin_operators(OperatorRegistry& registry) {
  registry.add(pcap_operator());
  registry.add(dnstap_operator());
  registry.add(lines_operator());
  registry.add(words_operator());
  registry.add(system_operator());
  registry.add(decode_operator());
  registry.add(aggregate_operator());
  registry.add(anonymize_operator());
  registry.add(count_operator());
  registry.add(dedupe_operator());
  registry.add(direction_operator());
  registry.add(distinct_operator());
  registry.add(dsc_operator());
  registry.add(filter_operator());
  registry.add(geo_operator());
  registry.add(histogram_operator());
  registry.add(identity_operator());
  registry.add(join_operator());
  registry.add(label_operator());
  registry.add(lookup_operator());
  registry.add(map_operator());
  registry.add(match_operator());
  registry.add(near_misses_operator());
  registry.add(quantiles_operator());
  registry.add(rate_operator());
  registry.add(route_operator());
  registry.add(rssac002_operator());
  registry.add(running_count_operator());
  registry.add(sample_operator());
  registry.add(season_operator());
  registry.add(sessionise_operator());
  registry.add(shell_bolt_operator());
  registry.add(shell_spout_operator());
  registry.add(split_operator());
  registry.add(tee_operator());
  registry.add(top_operator());
  registry.add(union_operator());
  add_detectors(registry);
  registry.add(board_operator());
  registry.add(csv_operator());
  registry.add(discard_operator());
  registry.add(dsc_file_operator());
  registry.add(influx_operator());
  registry.add(json_lines_operator());
  registry.add(kafka_operator());
  registry.add(latency_operator());
  registry.add(log_operator());
  registry.add(prometheus_operator());
  registry.add(rssac002_file_operator());
  registry.add(store_operator());
  registry.add(syslog_operator());
  registry.add(text_operator());
  registry.add(webhook_operator());

  registry.add(first_tasks_grouping());
  registry.add(network_grouping());

  registry.add(trace_hook());
  registry.add(systemd_notify_hook());
}

}  // namespace dnstorm::operators
