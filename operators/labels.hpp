// Label tables: what Field::labels names. They turn the numbers of a field into text for people and
// text written by people (in a filter, in a topology file) into numbers.
//
// Tables: qtype, qclass, opcode, rcode, edns_option (IANA names, capture/dns/codes.hpp), transport
// (IP protocol numbers: udp, tcp), match_status (operators/match/match.hpp), severity
// (operators/detect/event.hpp), ...
// Pure functions, thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dnstorm::operators {

// The number that `text` stands for in that table, in any case of letters; plain numbers are taken
// as they are. Nothing if the table or the name is unknown.
std::optional<std::uint64_t> label_value(std::string_view table, std::string_view text);

// The text of a number ("NXDOMAIN", "TYPE1234"); the plain number if the table or its entry is
// unknown.
std::string label_text(std::string_view table, std::uint64_t value);

// Whether there is a table of that name.
bool has_label_table(std::string_view table);
// The names of all tables, in alphabetical order.
std::vector<std::string> label_tables();

}  // namespace dnstorm::operators
