// A topology file with all that belongs to it, as it is sent to a cluster.
#pragma once

#include <string>

#include "cli/load.hpp"
#include "cluster/model/submission.hpp"

namespace dnstorm::cli {

// What is wrong with the file is printed, as load_plan() does.
Result<cluster::Submission> make_submission(const std::string& path, const LoadOptions& options);

}  // namespace dnstorm::cli
