// The source of `pcap` that reads files: merged by time or one after the other, or those that come
// into a watched folder. Private to this folder.
#pragma once

#include <memory>

#include "engine/api/spout.hpp"
#include "operators/spouts/pcap_file_options.hpp"

namespace dnstorm::operators {

std::unique_ptr<Spout> make_pcap_file_spout(PcapFileOptions options);

}  // namespace dnstorm::operators
