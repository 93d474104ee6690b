// `pcap`: captured packets as they are, from files or from interfaces. Decoding is the next bolt's
// work (`decode`), so that it can run side by side.
//
// Several files are merged by time, or read one after the other; interfaces are read through the
// kernel's ring. Streams: the packets, and what was dropped. Event time never runs backwards by
// more than `max_disorder`: a packet older than that is given the oldest time still allowed and
// counted
// (`time_moved`), so that no window has closed before it and nothing is lost for being late.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef pcap_operator();

}  // namespace dnstorm::operators
