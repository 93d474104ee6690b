// The packets behind a security event, out of the spools of a run or the captures that it replays.
#pragma once

#include <string>

#include "cli/event_log.hpp"
#include "cli/event_sources.hpp"
#include "engine/base/result.hpp"

namespace dnstorm::cli {

struct EventPackets {
  std::string pcap;           // a whole file
  std::uint64_t packets = 0;  // in it
  bool cut = false;           // there are more: the first ones
};

struct PacketLimits {
  std::uint64_t output_bytes = 64U << 20U;
  std::uint64_t read_bytes = 4ULL << 30U;
};

// Those that its key stands for, from ten seconds before it to ten seconds behind it. Errors:
// no_input (nothing is kept, or what was kept is gone: the sentence says which), data, io.
Result<EventPackets> packets_of(const LoggedEvent& event, const EventSources& sources,
                                const PacketLimits& limits = {});

// The command that gives them on the machine that has the spool, for a shell.
std::string packets_command(const LoggedEvent& event, const std::string& spool);

}  // namespace dnstorm::cli
