// Why a DNS message is malformed: one value per reason, counted under its name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dnstorm::capture::dns {

enum class ParseError : std::uint8_t {
  none,
  short_header,       // fewer than 12 bytes
  message_too_long,   // more than 65,535 bytes
  truncated_name,     // a name runs past the end
  label_too_long,     // a length byte of 64 to 191 (RFC 1035 4.1.4, RFC 6891 5: no such label type)
  name_too_long,      // more than 255 bytes (RFC 1035 2.3.4)
  pointer_forward,    // a compression pointer does not point before the name that it is part of
  too_many_pointers,  // more pointers in one name than a name can have labels
  truncated_question,  // question type or class cut off
  truncated_record,    // record type, class, TTL or length cut off
  rdata_overrun,       // the record's data run past the end
  rdata_malformed,     // the data of a known type do not fit into their length
  opt_malformed,       // OPT with an owner, outside the additional section, or with broken options
  several_opt,         // more than one OPT (RFC 6891 6.1.1)
};
inline constexpr std::size_t parse_error_count = 14;

// "rdata_overrun"
std::string_view to_string(ParseError error);

}  // namespace dnstorm::capture::dns
