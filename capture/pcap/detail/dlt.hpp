// Files number link types by LINKTYPE, libpcap by DLT; on Linux they differ for raw IP only.
#pragma once

#include <pcap/dlt.h>

#include "capture/packet/decode.hpp"

namespace dnstorm::capture::pcap::detail {

inline int dlt_of(packet::LinkType link) {
  bool raw = link == packet::LinkType::raw || link == packet::LinkType::raw_bsd ||
             link == packet::LinkType::raw_openbsd;
  return raw ? DLT_RAW : static_cast<int>(link);
}

inline packet::LinkType link_of(int dlt) {
  return dlt == DLT_RAW ? packet::LinkType::raw : static_cast<packet::LinkType>(dlt);
}

}  // namespace dnstorm::capture::pcap::detail
