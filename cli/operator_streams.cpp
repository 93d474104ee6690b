#include "cli/operator_streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/topology/topology.hpp"

namespace dnstorm::cli {

namespace {

Result<Options> example_options(const OperatorDef& def) {
  const char* kind = def.kind == OperatorKind::spout ? "spouts" : "bolts";
  topology::ReadResult read =
      topology::read_text(fmt::format("name: example\n{}:\n{}", kind, def.example), def.name);
  std::vector<topology::Component>& components =
      def.kind == OperatorKind::spout ? read.topology.spouts : read.topology.bolts;
  // An example that shows streams only does with the defaults.
  return Options::parse(def.options,
                        components.empty() ? RawOptions{} : components.front().properties);
}

std::string shown(const InputDecl& input) {
  return input.stream == "default" ? input.component
                                   : fmt::format("{}, stream {}", input.component, input.stream);
}

std::vector<std::string> once_each(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names)
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  return out;
}

bool equal(const std::vector<Field>& some, const std::vector<Field>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const Field& a, const Field& b) { return a.name == b.name; });
}

ToldStream told(const StreamDecl& output, const std::vector<StreamDecl>& all, const Schema& input) {
  for (const StreamDecl& earlier : all) {
    if (&earlier == &output) break;
    if (equal(earlier.fields, output.fields)) return {output.name, "as " + earlier.name, {}};
  }
  if (!output.fields.empty() && equal(output.fields, input.fields()))
    return {output.name, "the rows of the input, as they came", {}};
  if (!output.extends_input) return {output.name, "", output.fields};
  ToldStream more{output.name, "the fields of the input", {}};
  for (const Field& field : output.fields)
    if (!input.find(field.name)) more.fields.push_back(field);
  return more;
}

// The streams that become known, operator by operator.
class Explorer {
 public:
  explicit Explorer(const OperatorRegistry& registry) {
    bool more = true;
    while (more) {
      more = false;
      for (const OperatorDef& def : registry.all())
        if (!found_.contains(def.name)) more = explore(def) || more;
    }
  }
  std::optional<OperatorStreams> of(const std::string& name) const {
    auto found = found_.find(name);
    if (found == found_.end()) return std::nullopt;
    return found->second;
  }

 private:
  bool explore(const OperatorDef& def) {
    Result<Options> options = example_options(def);
    if (!options.ok()) return false;
    if (def.kind == OperatorKind::spout) return keep(def, *options, {});
    for (const InputDecl& input : known_)
      if (keep(def, *options, {input})) return true;
    // Some want two: rows of the same kind, seen in two places.
    for (const InputDecl& input : known_)
      if (keep(def, *options, {input, {"others", input.stream, input.schema}})) return true;
    return false;
  }

  bool keep(const OperatorDef& def, const Options& options, const std::vector<InputDecl>& inputs) {
    Result<Declaration> declared = def.declare(options, inputs);
    if (!declared.ok()) return false;
    OperatorStreams streams;
    Schema input = inputs.empty() ? Schema() : inputs.front().schema;
    if (!inputs.empty()) streams.from = shown(inputs.front());
    if (inputs.size() > 1) streams.from += fmt::format(", and {}", shown(inputs.back()));
    if (!declared->reads.empty()) streams.reads = once_each(declared->reads.front());
    for (StreamDecl& output : declared->outputs)
      if (output.forwards_input) output.fields = input.fields();
    for (const StreamDecl& output : declared->outputs) {
      streams.outputs.push_back(told(output, declared->outputs, input));
      known_.push_back({def.name, output.name, Schema(output.fields)});
    }
    found_.emplace(def.name, std::move(streams));
    return true;
  }

  std::vector<InputDecl> known_;
  std::map<std::string, OperatorStreams> found_;
};

}  // namespace

std::optional<OperatorStreams> streams_of(const OperatorDef& def,
                                          const OperatorRegistry& registry) {
  return Explorer(registry).of(def.name);
}

}  // namespace dnstorm::cli
