// shell_spout: see shell_spout.md.
#pragma once

#include "operators/multilang/shell_options.hpp"
#include "operators/note.hpp"

namespace dnstorm::operators {

OperatorDef shell_spout_operator(Note note = note_on_stderr());

}  // namespace dnstorm::operators
