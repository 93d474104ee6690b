// The bolt behind match: one task. See match.md.
#pragma once

#include <memory>

#include "engine/api/bolt.hpp"
#include "engine/api/options.hpp"

namespace dnstorm::operators {

std::unique_ptr<Bolt> make_match_bolt(const Options& options);

}  // namespace dnstorm::operators
