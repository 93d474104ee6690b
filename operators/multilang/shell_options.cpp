#include "operators/multilang/shell_options.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace dnstorm::operators {

std::vector<OptionSpec> shell_option_specs() {
  return {
      {.name = "command",
       .type = OptionType::list,
       .default_text = "",
       .help = "the program of the child and its arguments",
       .required = true},
      {"fields", OptionType::list, "",
       "of the default stream: NAME, NAME:TYPE or NAME:TYPE:ROLE; text where no type is given"},
      {"streams", OptionType::list, "", "more streams: NAME=FIELD,FIELD"},
      {"add_time", OptionType::text, "",
       "name of a time field that stands before the fields and that the child does not emit"},
      {"conf", OptionType::list, "", "settings for the child: KEY=VALUE"},
      {"env", OptionType::list, "", "environment of the child, over that of dnstorm: NAME=VALUE"},
      {"directory", OptionType::text, "", "where the child runs; none: where dnstorm does"},
      {"timeout", OptionType::duration, "0s",
       "how long the child may be silent; 0: topology.subprocess.timeout.secs"},
      {"restart", OptionType::integer, "0",
       "how often a child that has failed is started anew; what it had is failed", false, 0, 1e9},
      {.name = "log_level",
       .type = OptionType::choice,
       .default_text = "warn",
       .help = "what the child logs at this level or above is shown; the rest is counted",
       .choices = {"trace", "debug", "info", "warn", "error"}},
  };
}

void add_shell_arguments(OperatorDef& def) {
  def.constructor = {"command", "fields"};
  def.methods = {{"setDefaultStream", {"fields"}},
                 {"setNamedStream", {"streams+"}},
                 {"addComponentConfig", {"conf+"}}};
}

Result<Declaration> declare_shell(const Options& options, const std::vector<InputDecl>& inputs) {
  if (options.list("command").empty() || options.list("command")[0].empty())
    return Error{ErrorKind::config, "option 'command' names no program", "command"};
  for (const char* option : {"conf", "env"})
    for (const std::string& text : options.list(option))
      if (text.find('=') == std::string::npos || text.front() == '=')
        return Error{ErrorKind::config,
                     fmt::format("option '{}' takes NAME=VALUE, not '{}'", option, text), option};
  Declaration declaration;
  declaration.outputs = DNSTORM_TRY(shell_streams(options));
  for (const InputDecl& input : inputs) {
    std::vector<std::string>& reads = declaration.reads.emplace_back();
    for (const Field& field : input.schema.fields()) reads.push_back(field.name);
  }
  return declaration;
}

std::vector<TupleReader> tuple_readers(const std::vector<StreamDecl>& streams,
                                       const TaskContext& task, bool adds_time) {
  std::vector<TupleReader> readers;
  for (std::size_t i = 0; i < streams.size(); ++i)
    readers.emplace_back(streams[i], task.outputs[i].get(), adds_time);
  return readers;
}

Result<std::size_t> stream_of(const EmitCommand& emit, const std::vector<TupleReader>& streams) {
  for (std::size_t i = 0; i < streams.size(); ++i) {
    if (streams[i].name() != emit.stream) continue;
    std::string problem = streams[i].problem(emit.values);
    if (!problem.empty()) return Error{ErrorKind::data, problem, {}};
    if (streams[i].direct() == (emit.task != 0)) return i;
    return Error{ErrorKind::data,
                 fmt::format("the child names {} for stream '{}', which is {}direct",
                             emit.task != 0 ? "a task" : "no task", emit.stream,
                             streams[i].direct() ? "" : "not "),
                 {}};
  }
  return Error{ErrorKind::data,
               fmt::format("the child emits on stream '{}', which is not declared", emit.stream),
               {}};
}

}  // namespace dnstorm::operators
