// A file of packets, whatever it is: a capture (pcap, pcapng), a dnstap or a C-DNS file, JSON
// lines, told by its bytes. A dnstap frame is a packet of the link type link_dnstap; one of a
// stream of another content type has link_foreign_frame; a message of C-DNS or JSON has link_cdns,
// a line of JSON without one link_bad_line.
#pragma once

#include <memory>
#include <string>

#include "capture/pcap/reader.hpp"

namespace dnstorm::operators {

Result<std::unique_ptr<capture::pcap::FileReader>> open_packet_file(const std::string& path);

}  // namespace dnstorm::operators
