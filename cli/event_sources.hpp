// What the page Security must know of a topology: how its detectors are set, which files of mutes
// its `events` read, where packets are kept.
#pragma once

#include <string>
#include <vector>

#include "cli/mute_file.hpp"
#include "engine/plan/plan.hpp"

namespace dnstorm::cli {

struct DetectorSetting {
  std::string name, value, help;
};

struct DetectorSettings {
  std::string component, detector;  // its id, and the operator that it is
  std::vector<DetectorSetting> settings;
};

// Packets on a node of a cluster, which this process cannot read.
struct PacketPlace {
  std::string node;
  std::string spool;    // a folder; "": it is
  std::string capture;  // a file that is replayed
  bool operator==(const PacketPlace&) const = default;
};

struct EventSources {
  bool shown = false;        // a board sink takes events
  bool only_events = false;  // and no other one takes anything
  std::vector<DetectorSettings> components;
  bool muting = false;  // there is an `events` that may mute
  std::vector<std::string> mute_files;
  std::vector<MuteRule> mutes;  // that the topology itself holds
  DurationNs reload = 0;        // after which a changed file is read at the latest
  std::vector<std::string> spools;
  std::vector<std::string> captures;  // that are replayed
  std::vector<PacketPlace> places;    // instead of both, of a cluster
  bool replay = false;                // no packet is live: time is that of the captures
};

EventSources event_sources(const plan::Plan& plan);

}  // namespace dnstorm::cli
