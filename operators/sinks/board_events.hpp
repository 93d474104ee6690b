// The view `events` of the board sink: security events as they come, not by window. Each becomes
// the JSON object that json_lines would write, because a page wants all that is known of an event.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/api/bolt.hpp"
#include "engine/api/registry.hpp"

namespace dnstorm::operators {

// All fields of an event; an error if the rows are none.
Result<std::vector<std::string>> event_reads(const InputDecl& input);

std::unique_ptr<Bolt> make_board_events();

}  // namespace dnstorm::operators
