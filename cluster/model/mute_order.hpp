// From the coordinator to the nodes of a topology, for their workers: which security events are not
// to be told of, as the page of the board has it. The whole of it each time, told when it has
// changed and again and again, so that a lost one does no harm and a new worker has it soon.
// Values.
#pragma once

#include <string>
#include <vector>

namespace dnstorm::cluster {

struct MuteOrder {
  std::string topology;            // id
  std::vector<std::string> rules;  // UNTIL DETECTOR KEY (operators/detect/mute_list.hpp)
  bool operator==(const MuteOrder&) const = default;
};

}  // namespace dnstorm::cluster
