#include "cli/grafana/query.hpp"

#include "cli/grafana/flux.hpp"
#include "cli/grafana/influxql.hpp"

namespace dnstorm::cli::grafana {

std::string query_of(const Panel& panel, Language language) {
  return language == Language::flux ? flux_of(panel) : influxql_of(panel);
}

std::string query_of(const Annotation& annotation, Language language) {
  return language == Language::flux ? flux_of(annotation) : influxql_of(annotation);
}

std::string values_query(const Variable& variable, Language language) {
  return language == Language::flux ? flux_values(variable) : influxql_values(variable);
}

}  // namespace dnstorm::cli::grafana
