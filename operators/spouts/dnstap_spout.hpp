// `dnstap`: frames of dnstap, from files or from servers that send them to a Unix socket or by TCP
// or TLS. The rows are those of `pcap` (link type 65535), and `decode` makes messages of them.
//
// Servers are received by a thread of their own and never wait for the topology: frames that it has
// no room for are dropped and counted. frames_received = captured + dropped_frames, to the frame.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef dnstap_operator();

}  // namespace dnstorm::operators
