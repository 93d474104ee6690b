#include "operators/count/join_columns.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace dnstorm::operators {

namespace {

constexpr const char* matched = "matched";

Error select_error(const std::string& what) { return {ErrorKind::config, what, "select"}; }

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::size_t first_required(const std::vector<bool>& optional) {
  auto at = std::find(optional.begin(), optional.end(), false);
  return static_cast<std::size_t>(at - optional.begin());
}

struct Source {
  const std::vector<std::string>& by;
  const std::vector<std::string>& inputs;
  const std::vector<Schema>& schemas;
  const std::vector<bool>& optional;

  // Whether INPUT.matched says if there was a row.
  bool tells_match(std::size_t input) const {
    return optional[input] && !schemas[input].find(matched);
  }
  Result<JoinColumn> of_input(std::size_t input, const std::string& field,
                              const std::string& name) const {
    if (field == matched && tells_match(input)) return JoinColumn{input, "", name};
    if (!schemas[input].find(field))
      return select_error(fmt::format("'{}' has no field '{}'; there are: {}", inputs[input], field,
                                      schemas[input].names()));
    return JoinColumn{input, field, name};
  }
  Result<JoinColumn> of_any(const std::string& field, const std::string& name) const {
    std::vector<std::size_t> having;
    for (std::size_t i = 0; i < schemas.size(); ++i)
      if (schemas[i].find(field)) having.push_back(i);
    if (having.empty())
      return select_error(
          fmt::format("no input has a field '{}'; write INPUT.FIELD, where the "
                      "inputs are: {}",
                      field, fmt::join(inputs, ", ")));
    if (among(by, field)) return JoinColumn{first_required(optional), field, name};
    if (having.size() > 1)
      return select_error(fmt::format("field '{}' is in several inputs; write {}.{} or {}.{}",
                                      field, inputs[having[0]], field, inputs[having[1]], field));
    return JoinColumn{having[0], field, name};
  }
  // "INPUT.FIELD", "FIELD", or one of them behind "NAME=".
  Result<JoinColumn> parse(const std::string& text) const {
    std::size_t equals = text.find('=');
    std::string source = equals == std::string::npos ? text : text.substr(equals + 1);
    std::string name = text.substr(0, equals);
    if (name.empty() || source.empty())
      return select_error(
          fmt::format("'{}' is not written as INPUT.FIELD or NAME=INPUT.FIELD", text));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (source.starts_with(inputs[i] + "."))
        return of_input(i, source.substr(inputs[i].size() + 1), name);
    return of_any(source, name);
  }
  std::vector<JoinColumn> all() const {
    std::vector<JoinColumn> columns;
    for (const std::string& key : by) columns.push_back({first_required(optional), key, key});
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      for (const Field& field : schemas[i].fields())
        if (!among(by, field.name))
          columns.push_back({i, field.name, inputs[i] + "." + field.name});
      if (tells_match(i)) columns.push_back({i, "", fmt::format("{}.{}", inputs[i], matched)});
    }
    return columns;
  }
};

}  // namespace

std::string input_name(const std::string& component, const std::string& stream) {
  return stream == "default" ? component : component + "_" + stream;
}

Result<std::vector<bool>> optional_inputs(const Options& options,
                                          const std::vector<std::string>& inputs) {
  std::vector<bool> optional(inputs.size());
  for (const std::string& name : options.list("left")) {
    auto at = std::find(inputs.begin(), inputs.end(), name);
    if (at == inputs.end())
      return Error{
          ErrorKind::config,
          fmt::format("no input is named '{}'; there are: {}", name, fmt::join(inputs, ", ")),
          "left"};
    optional[static_cast<std::size_t>(at - inputs.begin())] = true;
  }
  if (std::find(optional.begin(), optional.end(), false) == optional.end())
    return Error{ErrorKind::config,
                 "option 'left' names all inputs, and rows of one must be there: leave it out",
                 "left"};
  return optional;
}

Result<std::vector<JoinColumn>> join_columns(const Options& options,
                                             const std::vector<std::string>& inputs,
                                             const std::vector<Schema>& schemas) {
  auto optional = DNSTORM_TRY(optional_inputs(options, inputs));
  Source source{options.list("by"), inputs, schemas, optional};
  if (options.list("select").empty()) return source.all();
  std::vector<JoinColumn> columns;
  for (const std::string& text : options.list("select"))
    columns.push_back(DNSTORM_TRY(source.parse(text)));
  return columns;
}

}  // namespace dnstorm::operators
