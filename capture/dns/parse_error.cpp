#include "capture/dns/parse_error.hpp"

namespace dnstorm::capture::dns {

std::string_view to_string(ParseError error) {
  switch (error) {
    case ParseError::none:
      return "none";
    case ParseError::short_header:
      return "short_header";
    case ParseError::message_too_long:
      return "message_too_long";
    case ParseError::truncated_name:
      return "truncated_name";
    case ParseError::label_too_long:
      return "label_too_long";
    case ParseError::name_too_long:
      return "name_too_long";
    case ParseError::pointer_forward:
      return "pointer_forward";
    case ParseError::too_many_pointers:
      return "too_many_pointers";
    case ParseError::truncated_question:
      return "truncated_question";
    case ParseError::truncated_record:
      return "truncated_record";
    case ParseError::rdata_overrun:
      return "rdata_overrun";
    case ParseError::rdata_malformed:
      return "rdata_malformed";
    case ParseError::opt_malformed:
      return "opt_malformed";
    case ParseError::several_opt:
      return "several_opt";
  }
  return "?";
}

}  // namespace dnstorm::capture::dns
