// What the generator knows of what it makes, for the truth. Values.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/ip.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::synth {

// What is known of one message.
struct MessageFacts {
  IpAddress client;
  std::string name;  // lower case; only with `question`
  std::uint16_t type = 0;
  std::uint16_t rcode = 0;
  std::uint8_t opcode = 0;
  bool tcp = false;
  bool response = false;
  bool header = true;    // id and flags can be read
  bool question = true;  // name and type can be read
  bool edns = false;
  bool dnssec_ok = false;
  bool client_subnet = false;
  bool truncated = false;
  bool answers = false;  // a response that closes a transaction ...
  TimeNs asked = 0;      // ... with the query of this time
};

// What a segment of TCP is to whoever puts messages together.
enum class SegmentKind : std::uint8_t {
  message,         // completes at least one
  part,            // its data are part of one that is not complete
  control,         // no data
  retransmission,  // nothing but data that had come before
};
inline constexpr std::size_t segment_kinds = 4;

}  // namespace dnstorm::capture::synth
