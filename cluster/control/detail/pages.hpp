// What GET answers, one function a path. Fields are told in cluster/control/openapi.yaml.
#pragma once

#include "cluster/control/detail/scene.hpp"

namespace dnstorm::cluster::detail {

// cluster_pages.cpp
Json configuration_page(const Scene& scene);
Json cluster_summary(const Scene& scene);
Json nimbus_summary(const std::vector<CoordinatorInfo>& coordinators);
Json supervisor_summary(const Scene& scene);
// Of the node `id`, or of all of `host`; both "": of all.
Json supervisor_page(const Scene& scene, std::string_view id, std::string_view host);
Json history_summary(const Scene& scene);
Json owner_resources(const Scene& scene);
Json logs_page(const std::vector<NumberedLine>& lines);

// topology_pages.cpp
Json topology_summary(const Scene& scene);
Json topology_entry(const Scene& scene, const TopologyView& topology);
Json topology_page(const Scene& scene, const TopologyView& topology, DurationNs window);
Json topology_workers(const TopologyView& topology);
// Those of one node; "": of all.
Json workers_of(const Scene& scene, const TopologyView& topology, std::string_view node);

// component_pages.cpp
Json spout_entry(const Scene& scene, const TopologyView& topology, const ComponentShape& component,
                 const StatsBook::Window& window);
Json bolt_entry(const Scene& scene, const TopologyView& topology, const ComponentShape& component,
                const StatsBook::Window& window);
Json component_page(const Scene& scene, const TopologyView& topology,
                    const ComponentShape& component, DurationNs window);

// stream_pages.cpp
Json metrics_page(const Scene& scene, const TopologyView& topology, DurationNs window);
Json visualization_page(const Scene& scene, const TopologyView& topology, DurationNs window);

// Milliseconds a row, of all rows of `counts`.
double execute_ms(const Counts& counts);
double process_ms(const Counts& counts);
double latency_ms(const Counts& counts);
// The share of the time of its executors that a component was at work.
double capacity(const Counts& counts, std::uint32_t executors, double seconds);
double per_second(std::uint64_t rows, double seconds);
const Counts& counts_of(const StatsBook::Window& window, const std::string& component);

}  // namespace dnstorm::cluster::detail
