// What the indexers of `dsc` look into beside the message: lists and databases out of files. One a
// task.
#pragma once

#include <memory>

#include "engine/api/options.hpp"
#include "operators/dsc/plan.hpp"

namespace dnstorm::operators {

class DscResponseTimes;
class GeoDatabase;
class RegisteredDomain;

// All may be absent.
struct DscKnowledge {
  std::shared_ptr<const DscTldList> tlds;
  // Of the two, one; none where no query is classified.
  std::shared_ptr<const DscTldList> known_tlds;
  std::shared_ptr<RegisteredDomain> suffixes;
  std::shared_ptr<GeoDatabase> countries, networks;
  DscResponseTimes* response_times = nullptr;  // the task's
};

// Fails with kind `no_input` or `data` if a file cannot be read.
Result<DscKnowledge> read_dsc_knowledge(const Options& options, const DscSettings& settings);

}  // namespace dnstorm::operators
