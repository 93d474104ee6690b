// What a child says: commands of Storm's multilang protocol, read from the text of a frame. Pure.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/multilang/frames.hpp"

namespace dnstorm::operators {

struct EmitCommand {
  Json values;                       // a list
  std::vector<std::string> anchors;  // of a bolt: ids of its input
  Json id;                           // of a spout: the message, told back as it is; null: none
  std::string stream = "default";
  std::uint32_t task = 0;  // 0: the groupings say
  bool need_task_ids = true;
};
struct AckCommand {
  std::string id;
};
struct FailCommand {
  std::string id;
};
struct LogCommand {
  std::string text;
  int level = 2;  // 0 trace, 1 debug, 2 info, 3 warn, 4 error
};
struct ErrorCommand {
  std::string text;
};
struct MetricsCommand {
  std::string name;
  Json value;
};
struct SyncCommand {};
struct PidCommand {
  std::int64_t pid = 0;
};
using Command = std::variant<EmitCommand, AckCommand, FailCommand, LogCommand, ErrorCommand,
                             MetricsCommand, SyncCommand, PidCommand>;

// Fails with kind `data`; the sentence says what the child has sent.
Result<Command> parse_command(std::string_view text);

// The beginning of a text that may be long or no text at all, for a sentence about it.
std::string excerpt(std::string_view text);

}  // namespace dnstorm::operators
