// Malformed packets, each of one known kind, for which the truth can be told. The names are those
// of the decoder's verdicts and the parser's errors (capture/packet/decode.hpp,
// capture/dns/parse_error.hpp), so that counts can be compared reason by reason.
#pragma once

#include <cstdint>
#include <string_view>

#include "capture/dns/writer.hpp"
#include "capture/synth/frame.hpp"
#include "capture/synth/questions.hpp"
#include "capture/synth/random.hpp"

namespace dnstorm::capture::synth {

enum class Damage : std::uint8_t {
  // The frame: nothing of the message can be read.
  truncated,      // cut off inside the IP header by the capture
  malformed_ip,   // an IPv4 header of 8 octets; IPv6 with version 5
  malformed_udp,  // the UDP length is beyond the packet
  // Queries.
  short_header,        // fewer than 12 octets
  truncated_name,      // cut inside the question's name
  truncated_question,  // cut inside its type or class
  name_too_long,       // a name of over 255 octets
  // Responses, cut or wrong behind a good question.
  label_too_long,    // the owner begins with an octet of 64 to 127
  pointer_forward,   // the owner points at itself or beyond
  truncated_record,  // cut inside type, class, TTL or length
  rdata_overrun,     // cut inside the data
  rdata_malformed,   // an A record with three octets
};
inline constexpr std::size_t damage_count = 12;
std::string_view to_string(Damage damage);

bool is_response(Damage damage);
// The question's type and name can be read.
bool question_readable(Damage damage);

struct Damaged {
  std::uint32_t length = 0;     // on the wire: more than the frame's for Damage::truncated
  bool header_readable = true;  // id and flags, the first four octets: it can be told what it is
};

// Builds the frame: `query`'s name and type damaged, from `client` to server or back.
Damaged build_damaged(Damage damage, const Query& query, const Endpoints& client, Random& random,
                      dns::MessageWriter& writer, Frame& frame);

}  // namespace dnstorm::capture::synth
