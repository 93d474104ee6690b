// The files that Grafana finds boards and data source by.
#pragma once

#include <string>

#include "cli/grafana/query.hpp"

namespace dnstorm::cli::grafana {

struct Source {
  Language language = Language::influxql;
  std::string url = "http://127.0.0.1:8086";
  std::string database;     // of InfluxQL
  std::string user;         // of InfluxQL; none if empty
  std::string org, bucket;  // of Flux
};

// Secrets are not in it: Grafana takes them from its environment ($INFLUX_PASSWORD, $INFLUX_TOKEN).
std::string datasource_yaml(const Source& source);

// `folder`: where Grafana sees the boards.
std::string provider_yaml(const std::string& folder);

}  // namespace dnstorm::cli::grafana
