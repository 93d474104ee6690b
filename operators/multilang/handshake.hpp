// The first message to a child: settings, the folder for its pid, and its place in the topology.
#pragma once

#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "engine/api/task_context.hpp"
#include "operators/multilang/frames.hpp"

namespace dnstorm::operators {

// What of it the options say.
struct HandshakeParts {
  std::vector<StreamDecl> streams;  // of the component, as declared
  std::vector<std::string> conf;    // KEY=VALUE, laid over its settings
  std::vector<std::string> reads;   // fields of every input; empty: all
};
Json make_handshake(const TaskContext& task, const HandshakeParts& parts,
                    const std::string& pid_dir);

// A setting of the component as the view has it; "" if it has none.
std::string setting_of(const TaskContext& task, const std::string& name);
// The first task of a component; 0 if there is no such component.
std::uint32_t first_task_of(const TaskContext& task, const std::string& component);

}  // namespace dnstorm::operators
