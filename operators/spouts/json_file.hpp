// JSON lines of messages, as `dnstorm convert` writes them, as a file of packets: each message is a
// packet of the link type link_cdns, and each line that gives none one of link_bad_line, which is
// as old as the message before it. Errors and limits are those of convert::open_json_lines().
#pragma once

#include <memory>
#include <string>

#include "capture/pcap/reader.hpp"

namespace dnstorm::operators {

std::unique_ptr<capture::pcap::FileReader> open_json_file(std::string name,
                                                          capture::file::Window window);

}  // namespace dnstorm::operators
