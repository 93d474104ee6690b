// What POST does, once it is known that it may.
#pragma once

#include "cluster/control/routes.hpp"
#include "cluster/control/target.hpp"
#include "engine/base/http_api.hpp"

namespace dnstorm::cluster::detail {

ApiAnswer act(ControlTarget& target, const Match& match, const ApiRequest& request);

}  // namespace dnstorm::cluster::detail
