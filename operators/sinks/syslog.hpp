// The `syslog` sink: rows as messages to a syslog daemon, for events. Rows are handed to a
// RowSender (row_sender.hpp) when their window is closed.
#pragma once

#include <functional>
#include <memory>

#include "engine/api/registry.hpp"
#include "operators/note.hpp"
#include "operators/sinks/pause.hpp"

namespace dnstorm::operators {

OperatorDef syslog_operator();

// The same with other pauses: for tests.
struct SyslogSurroundings {
  std::function<std::unique_ptr<Pause>()> make_pause;
  Note note;
};
OperatorDef syslog_operator(SyslogSurroundings surroundings);

}  // namespace dnstorm::operators
