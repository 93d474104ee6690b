// The names that the Elastic Common Schema has for fields of dnstorm: messages, transactions and
// security events go into Elasticsearch, OpenSearch and whatever else knows it without a mapping.
// What it has no name for stands below `dnstorm.`. Pure.
#pragma once

#include <string>

#include "engine/api/schema.hpp"

namespace dnstorm::operators {

std::string ecs_name(const Field& field);

}  // namespace dnstorm::operators
