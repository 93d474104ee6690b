#include "operators/count/parts.hpp"

#include <utility>

namespace dnstorm::operators {

namespace {

Result<void> check_halves(const Options& options) {
  if (!options.flag("partial")) return {};
  if (options.flag("merge"))
    return Error{ErrorKind::config,
                 "option 'merge' has no meaning beside 'partial': one operator makes the parts, "
                 "another puts them together",
                 "merge"};
  for (const char* name : {"session", "count_window"})
    if (options.given(name))
      return Error{
          ErrorKind::config,
          fmt::format("option '{}' has no meaning with partial: true, for what ends a "
                      "window lies in the rows of all parts together; take windows of time",
                      name),
          name};
  return {};
}

}  // namespace

std::vector<OptionSpec> keyed_options() {
  std::vector<OptionSpec> specs = {
      {"by", OptionType::list, "",
       "the fields that make up the key; none: one result for all rows"},
      {"partial", OptionType::flag, "false",
       "each task gives its part of what belongs to a key, whatever the grouping, for another one "
       "with `merge: true`"},
      {"merge", OptionType::flag, "false", "puts the results of one with `partial: true` together"},
  };
  for (OptionSpec& spec : window_options()) specs.push_back(std::move(spec));
  specs.push_back(session_option());
  return specs;
}

Result<Declaration> declare_parts(const Options& options, const std::vector<InputDecl>& inputs,
                                  const std::vector<std::string>& not_with_merge) {
  std::vector<std::string> refused = {"window",      "slide", "count_window",
                                      "count_slide", "clock", "time"};
  refused.insert(refused.end(), not_with_merge.begin(), not_with_merge.end());
  for (const std::string& name : refused)
    if (options.given(name))
      return Error{ErrorKind::config,
                   fmt::format("option '{}' has no meaning with merge: true, which takes windows "
                               "and counts as the operators before it made them; leave it out",
                               name),
                   name};
  Declaration declaration;
  declaration.restorable = true;
  declaration.reads.resize(inputs.size());
  declaration.outputs.push_back({});
  for (const char* name : {"window", "window_end"}) {
    DNSTORM_CHECK(read_part(declaration, inputs, name, Type::time));
    Field field = DNSTORM_TRY(common_fields(inputs, {name}, "merge")).front();
    declaration.outputs[0].fields.push_back(std::move(field));
  }
  return declaration;
}

Result<void> read_part(Declaration& declaration, const std::vector<InputDecl>& inputs,
                       const std::string& name, Type type) {
  Field field = DNSTORM_TRY(common_fields(inputs, {name}, "merge")).front();
  if (field.type != type)
    return Error{ErrorKind::config,
                 fmt::format("merge: true reads the results of another one, but field '{}' is of "
                             "type {}, not {}",
                             name, to_string(field.type), to_string(type)),
                 "merge"};
  read_from_all(declaration, {name});
  return {};
}

namespace {

// With `partial: true`: what a part holds.
Field sketch_decl() {
  return {.name = sketch_field,
          .type = Type::bytes,
          .role = Role::value,
          .unbounded = true,
          .help = "what one with merge: true puts together"};
}

// Without the results.
Result<Declaration> begin_keyed(const Options& options, const std::vector<InputDecl>& inputs,
                                const std::vector<std::string>& not_with_merge) {
  const auto& by = options.list("by");
  DNSTORM_CHECK(check_halves(options));
  DNSTORM_CHECK(check_session(options));
  Declaration declaration;
  if (options.flag("merge")) {
    std::vector<std::string> refused = not_with_merge;
    refused.emplace_back("session");
    declaration = DNSTORM_TRY(declare_parts(options, inputs, refused));
    declaration.state = StateScope::keyed;
  } else {
    declaration = DNSTORM_TRY(declare_windowed(options, inputs));
  }
  for (Field field : DNSTORM_TRY(common_fields(inputs, by, "by"))) {
    field.role = Role::key;
    declaration.outputs[0].fields.push_back(std::move(field));
  }
  read_from_all(declaration, by);
  if (options.flag("partial")) {
    if (declaration.state == StateScope::keyed) declaration.state = StateScope::partial;
    return declaration;
  }
  declaration.partition_by = by;
  if (by.empty()) declaration.single_task = true;
  return declaration;
}

}  // namespace

Result<Declaration> declare_keyed(const Options& options, const std::vector<InputDecl>& inputs,
                                  std::vector<Field> results,
                                  const std::vector<std::string>& not_with_merge) {
  Declaration declaration = DNSTORM_TRY(begin_keyed(options, inputs, not_with_merge));
  StreamDecl& stream = declaration.outputs[0];
  if (options.flag("partial")) results = {sketch_decl()};
  for (Field& field : results) stream.fields.push_back(std::move(field));
  DNSTORM_CHECK(check_output_names(stream, "by"));
  if (options.flag("merge"))
    DNSTORM_CHECK(read_part(declaration, inputs, sketch_field, Type::bytes));
  return declaration;
}

}  // namespace dnstorm::operators
