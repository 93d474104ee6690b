// What shell_bolt and shell_spout have in common as operators: options, arguments, methods.
#pragma once

#include "engine/api/registry.hpp"
#include "operators/multilang/shell_child.hpp"
#include "operators/multilang/shell_streams.hpp"

namespace dnstorm::operators {

std::vector<OptionSpec> shell_option_specs();
// constructorArgs and configMethods of Storm's Flux wrappers.
void add_shell_arguments(OperatorDef& def);
// The command and the streams; every field of every input is read, since a child gets its tuples
// by position.
Result<Declaration> declare_shell(const Options& options, const std::vector<InputDecl>& inputs);

// The readers of a task's output streams, in the order of the declaration.
std::vector<TupleReader> tuple_readers(const std::vector<StreamDecl>& streams,
                                       const TaskContext& task, bool adds_time);
// The stream that an `emit` names: an index, or why the child may not emit there.
Result<std::size_t> stream_of(const EmitCommand& emit, const std::vector<TupleReader>& streams);

}  // namespace dnstorm::operators
