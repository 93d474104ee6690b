#include "operators/count/aggregate.hpp"

#include <algorithm>

#include "operators/number.hpp"

namespace dnstorm::operators {

std::vector<OptionSpec> window_options() {
  OptionSpec window{
      "window", OptionType::duration, "10s",
      "width of the tumbling windows of event time; 0s: one window over the whole input"};
  OptionSpec time{"time", OptionType::text, "time", "the field that holds the event time of a row"};
  OptionSpec lateness{
      "lateness", OptionType::duration, "0s",
      "how far the watermark must be past a window's end before the window is closed"};
  return {window, time, lateness};
}

std::vector<MethodDef> window_methods() {
  return {{"withTumblingWindow", {"window"}},
          {"withTimestampField", {"time"}},
          {"withLag", {"lateness"}}};
}

Result<std::vector<Field>> common_fields(const std::vector<InputDecl>& inputs,
                                         const std::vector<std::string>& names,
                                         const std::string& subject) {
  std::vector<Field> fields;
  for (const std::string& name : names) {
    Field first;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      Field field = DNSTORM_TRY(require_field(inputs[i], name, subject));
      if (i == 0) first = field;
      if (field.type != first.type)
        return Error{
            ErrorKind::config,
            fmt::format("field '{}' is {} in stream '{}' of '{}' and {} in stream '{}' of '{}'; "
                        "one operator can only take fields of one type together",
                        name, to_string(first.type), inputs[0].stream, inputs[0].component,
                        to_string(field.type), inputs[i].stream, inputs[i].component),
            subject};
    }
    fields.push_back(std::move(first));
  }
  return fields;
}

Result<Field> common_number(const std::vector<InputDecl>& inputs, const std::string& name,
                            const std::string& subject) {
  Field field = DNSTORM_TRY(common_fields(inputs, {name}, subject)).front();
  if (is_unsigned(field.type)) return field;
  return Error{
      ErrorKind::config,
      fmt::format("field '{}' is of type {}; '{}' adds up fields of type u8, u16, u32 or u64", name,
                  to_string(field.type), subject),
      subject};
}

Result<Declaration> declare_windowed(const Options& options, const std::vector<InputDecl>& inputs) {
  Declaration declaration;
  declaration.restorable = true;
  declaration.reads.resize(inputs.size());
  if (options.duration("window") != 0) {
    const std::string& name = options.text("time");
    Field time = DNSTORM_TRY(common_fields(inputs, {name}, "time")).front();
    if (time.type != Type::time)
      return Error{ErrorKind::config,
                   fmt::format("field '{}' is of type {}, windows need one of type time", name,
                               to_string(time.type)),
                   "time"};
    read_from_all(declaration, {name});
  }
  Field window{
      .name = "window", .type = Type::time, .role = Role::time, .help = "start of the window"};
  Field window_end{.name = "window_end",
                   .type = Type::time,
                   .role = Role::window_end,
                   .help = "end of the window"};
  declaration.outputs.push_back({"default", {window, window_end}});
  return declaration;
}

void read_from_all(Declaration& declaration, const std::vector<std::string>& names) {
  for (auto& reads : declaration.reads)
    for (const std::string& name : names)
      if (std::find(reads.begin(), reads.end(), name) == reads.end()) reads.push_back(name);
}

Result<void> check_output_names(const StreamDecl& stream, const std::string& subject) {
  for (std::size_t i = 0; i < stream.fields.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (stream.fields[i].name == stream.fields[j].name)
        return Error{
            ErrorKind::config,
            fmt::format("the result would have two fields named '{}'; leave '{}' out of '{}'",
                        stream.fields[i].name, stream.fields[i].name, subject),
            subject};
  return {};
}

FieldRef<std::int64_t> time_ref(const Options& options, const Schema& schema) {
  if (options.duration("window") == 0) return {};
  return schema.ref<std::int64_t>(options.text("time"));
}

}  // namespace dnstorm::operators
