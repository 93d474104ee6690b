// From the coordinator to the nodes of a topology, for their workers: somebody looks at the rows of
// an edge. Told once a second as long as there is a reader, so that a lost one does no harm, and a
// tap whose reader or coordinator is gone ends by itself. What workers see comes back as WorkerNews
// of kind "tap:ID". Values.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/time.hpp"

namespace dnstorm::cluster {

inline constexpr DurationNs tap_order_period = ns_per_s;
inline constexpr DurationNs tap_lease = 3 * ns_per_s;  // from an order until the tap ends
inline constexpr const char* tap_news = "tap:";        // how the kind of its news begins

struct TapOrder {
  std::string id;          // of the tap
  std::string topology;    // id
  std::string edge;        // as people name it: component[:stream][->other]
  std::string where;       // only rows that meet it; empty: all
  std::uint32_t rate = 1;  // rows a second that a worker sends at most
  bool operator==(const TapOrder&) const = default;
};

}  // namespace dnstorm::cluster
