// trace: a task hook that tells on standard error what tasks emit and work off. See trace.md.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

TaskHookDef trace_hook();

}  // namespace dnstorm::operators
