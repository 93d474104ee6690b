// Who holds up a run: reads the waits of its tasks to the end of the chain. Pure.
#pragma once

#include <optional>
#include <string>

#include "engine/runtime/local_run.hpp"

namespace dnstorm::cli {

struct Stall {
  std::string source;     // the spout that may not go on
  std::string waits_for;  // its reader without room, or "acks"
  std::string cause;      // where the chain of waits ends: the task that is slow
  std::uint64_t since_ns = 0;
};

// The source that has waited longest, if it has for at least that long.
std::optional<Stall> find_stall(const runtime::RunStatus& status, std::uint64_t at_least_ns);

// "packets has waited 12 s for names: the rows wait for slow"
std::string to_string(const Stall& stall);

}  // namespace dnstorm::cli
