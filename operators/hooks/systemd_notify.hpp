// systemd_notify: a worker hook that tells systemd when the topology runs. See systemd_notify.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

WorkerHookDef systemd_notify_hook();

}  // namespace dnstorm::operators
