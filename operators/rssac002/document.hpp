// A document of RSSAC002: one metric of one service on one day, as YAML in the published layout.
// Pure functions, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "operators/rssac002/day.hpp"

namespace dnstorm::operators {

struct RssacDocument {
  std::string version, service, metric;
  TimeNs day = 0;
  TimeNs day_end = 0;
  TimeNs from = 0;
  TimeNs until = 0;  // what of the day is counted
  std::vector<RssacFigure> lines;

  bool complete() const { return from == day && until == day_end; }
};

// What is incomplete or estimated is said in comments.
std::string rssac_yaml(const RssacDocument& document);

// "2026/01/traffic-sizes/a-root-20260115-traffic-sizes.yaml"; with ".incomplete" behind it if the
// day is not.
std::string rssac_path(const RssacDocument& document, const std::string& name);

// The name of a service in paths: a-root of a.root-servers.net, of any other the service itself.
std::string rssac_file_name(const std::string& service);

}  // namespace dnstorm::operators
