// A C-DNS file as a file of packets: each message, and each item that gives none, is a packet of
// the link type link_cdns. Errors and limits are those of cdns::Reader.
#pragma once

#include <memory>
#include <string>

#include "capture/pcap/reader.hpp"

namespace dnstorm::operators {

Result<std::unique_ptr<capture::pcap::FileReader>> open_cdns_file(std::string name,
                                                                  capture::file::Window window);

}  // namespace dnstorm::operators
