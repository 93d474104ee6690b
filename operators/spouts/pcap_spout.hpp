// `pcap`: captured packets as they are, from files or from an interface. Decoding is the next
// bolt's work (`decode`), so that it can run side by side.
//
// Files are read one after the other; a live interface through the kernel's ring. Output stream:
// time, link (link-layer type), original_length, bytes. Event time never runs backwards by more
// than `max_disorder`: a packet older than that is given the oldest time still allowed and counted
// (`time_moved`), so that no window has closed before it and nothing is lost for being late.
#pragma once

#include "engine/api/registry.hpp"

namespace dnstorm::operators {

OperatorDef pcap_operator();

// What `pcap` runs for files, for other spouts that read some: of their options `file`, `speed` and
// `max_disorder` are those of `pcap`.
std::unique_ptr<Spout> make_file_spout(const Options& options, const std::string& filter);

}  // namespace dnstorm::operators
