// What must hold before a plug-in is believed. Pure: the loader does the touching. All errors are
// of kind config and go on behind "plug-in 'x.so' ".
#pragma once

#include <string_view>

#include "engine/api/plugin.hpp"

namespace dnstorm::plugin {

// Whether a file of that size, which begins so (64 bytes, or all), can be a whole shared library
// (ELF). The dynamic linker refuses other files in words that help nobody, and one that is cut off,
// half copied for example, takes the process down when it is mapped.
Result<void> check_library(std::string_view first_bytes, std::uint64_t file_size);

// Whether it was built against this interface, in the same way. Reads behind `api_version` only
// after that is known to be ours.
Result<void> check_entry(const PluginEntry& entry);

// Whether an operator is whole: what OperatorRegistry::add() takes for granted, and the functions
// that the planner and the runtime call. Names that are taken are the loader's to know.
Result<void> check_operator(const OperatorDef& def);
Result<void> check_grouping(const GroupingDef& def);
Result<void> check_task_hook(const TaskHookDef& def);
Result<void> check_worker_hook(const WorkerHookDef& def);

// The same operator, with a `declare` that never throws: the planner has no use for exceptions.
OperatorDef contained(OperatorDef def);
GroupingDef contained(GroupingDef def);
// They declare nothing.
inline TaskHookDef contained(TaskHookDef def) { return def; }
inline WorkerHookDef contained(WorkerHookDef def) { return def; }

}  // namespace dnstorm::plugin
