// shell_bolt: see shell_bolt.md.
#pragma once

#include "operators/multilang/shell_options.hpp"
#include "operators/note.hpp"

namespace dnstorm::operators {

OperatorDef shell_bolt_operator(Note note = note_on_stderr());

}  // namespace dnstorm::operators
