// What goes wrong, as Storm says it: {error, errorMessage}.
#pragma once

#include <string>

#include "cluster/control/detail/format.hpp"
#include "engine/base/http_api.hpp"

namespace dnstorm::cluster::detail {

ApiAnswer page(const Json& json);
// `kind`: the name of Storm's exception.
ApiAnswer refusal(unsigned status, const std::string& kind, const std::string& sentence);
// Of an action that the coordinator has refused.
ApiAnswer refusal(const Error& error);

}  // namespace dnstorm::cluster::detail
