// What count, top and distinct share: the options of their windows, the checks of the fields that
// they name, and the fields with which their results begin. Pure functions for
// OperatorDef::declare.
#pragma once

#include <string>
#include <vector>

#include "engine/api/registry.hpp"
#include "operators/windowing/row_windows.hpp"

namespace dnstorm::operators {

// window, slide, count_window, count_slide, clock, time, lateness.
std::vector<OptionSpec> window_options();
// session, for those that take rows key by key.
OptionSpec session_option();
Result<void> check_session(const Options& options);
// What these options say; of no meaning if there are sessions instead.
WindowSpec window_spec(const Options& options);
// The stream `late` of a declaration that has one, with the counter of late rows.
LateRows late_rows(const TaskContext& task);
// The methods of Storm's windowed bolts that set them.
std::vector<MethodDef> window_methods();

// The fields of these names, which every input must have with one type.
Result<std::vector<Field>> common_fields(const std::vector<InputDecl>& inputs,
                                         const std::vector<std::string>& names,
                                         const std::string& subject);

// As common_fields() for one field of an unsigned type.
Result<Field> common_number(const std::vector<InputDecl>& inputs, const std::string& name,
                            const std::string& subject);
// The same for one of any numeric type.
Result<Field> common_real(const std::vector<InputDecl>& inputs, const std::string& name,
                          const std::string& subject);

// Begins a declaration: the options of the windows are checked, the time field (none is read when
// none is needed) is checked and read, the output has window and window_end, and late rows a stream
// if there is one input.
Result<Declaration> declare_windowed(const Options& options, const std::vector<InputDecl>& inputs);

// Parts of that, for those whose windows are of another kind. That windows of this length and slide
// can be; `name`: the option of the slide.
Result<void> check_slide(const char* name, DurationNs length, DurationNs slide);
// window and window_end.
std::vector<Field> window_fields();
// Checks that every input has the field of the option `time`, and reads it. `who` needs it.
Result<void> read_time(Declaration& declaration, const Options& options,
                       const std::vector<InputDecl>& inputs, const std::string& who);

// Lets the declaration read these fields from every input.
void read_from_all(Declaration& declaration, const std::vector<std::string>& names);

// Refuses an output with two fields of one name, and options that name a field twice.
Result<void> check_output_names(const StreamDecl& stream, const std::string& subject);

// The time field of an input's rows as they arrive; absent if none is needed.
FieldRef<std::int64_t> time_ref(const Options& options, const Schema& schema);

}  // namespace dnstorm::operators
