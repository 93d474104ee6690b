#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// Finds the output that a stream of the file names, in the declaration of its source.
bool find_output(Draft& draft, const DraftComponent& reader, DraftInput& input) {
  const DraftComponent& from = draft.components[input.from];
  const topology::Stream& stream = *input.stream;
  const auto& outputs = from.declaration->outputs;
  std::vector<std::string> known;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].name == stream.stream_id) input.output = i;
    known.push_back(outputs[i].name);
  }
  if (input.output) return true;
  std::string hint = did_you_mean(stream.stream_id, known);
  if (hint.empty())
    hint = known.empty() ? "; it is a sink and gives none"
                         : fmt::format("; its streams are {}", fmt::join(known, ", "));
  draft.add(stream.stream_id_place, fmt::format("'{}' has no stream '{}' for '{}' to read{}",
                                                from.id(), stream.stream_id, reader.id(), hint));
  return false;
}

bool check_grouping_fields(Draft& draft, const topology::Stream& stream, const Schema& schema) {
  bool valid = true;
  for (const std::string& name : stream.args) {
    if (schema.find(name)) continue;
    valid = false;
    std::vector<std::string> known;
    for (const Field& field : schema.fields()) known.push_back(field.name);
    std::string hint = did_you_mean(name, known);
    if (hint.empty()) hint = known.empty() ? "; it has none" : "; it has " + schema.names();
    draft.add(stream.args_place,
              fmt::format("grouping of '{}': stream '{}' of '{}' has no field '{}'{}", stream.to,
                          stream.stream_id, stream.from, name, hint));
  }
  return valid;
}

bool check_direct(Draft& draft, const topology::Stream& stream, const StreamDecl& declared) {
  bool asked = stream.grouping == topology::GroupingType::direct;
  if (asked == declared.direct) return true;
  draft.add(stream.grouping_place,
            declared.direct
                ? fmt::format("grouping of '{}': '{}' names the task of each row of its stream "
                              "'{}', so the type must be DIRECT",
                              stream.to, stream.from, stream.stream_id)
                : fmt::format("grouping of '{}': DIRECT is for streams whose source names the task "
                              "of each row, and '{}' does not for its stream '{}'",
                              stream.to, stream.from, stream.stream_id));
  return false;
}

// The inputs as the operator sees them; nothing if one of them is not known. `whole`: with those
// that close a cycle.
std::optional<std::vector<InputDecl>> input_schemas(Draft& draft, DraftComponent& component,
                                                    bool whole) {
  std::vector<InputDecl> inputs;
  bool valid = true;
  for (DraftInput& input : component.inputs) {
    if (input.closes_cycle && !whole) continue;
    const DraftComponent& from = draft.components[input.from];
    if (!from.declaration) {
      valid = false;
      continue;
    }
    if (!find_output(draft, component, input)) {
      valid = false;
      continue;
    }
    valid &= check_direct(draft, *input.stream, from.declaration->outputs[*input.output]);
    const Schema& schema = from.full[*input.output];
    if (topology::groups_by_key(input.stream->grouping))
      valid &= check_grouping_fields(draft, *input.stream, schema);
    inputs.push_back({from.id(), input.stream->stream_id, schema});
    if (input.stream->grouping == topology::GroupingType::custom)
      valid &= declare_grouping(draft, input, inputs.back());
  }
  return valid ? std::optional(std::move(inputs)) : std::nullopt;
}

void declare_component(Draft& draft, DraftComponent& component, bool whole) {
  auto inputs = input_schemas(draft, component, whole);
  if (!inputs || !component.options) return;
  // A bolt without input has been refused already; its operator relies on having one.
  if (inputs->empty() && !component.among_spouts) return;
  auto declared = component.op->declare(*component.options, *inputs);
  if (!declared.ok()) {
    const Error& error = declared.error();
    draft.add(place_of(component.raw, error.subject, component.source->class_name_place),
              fmt::format("'{}' ({}): {}", component.id(), component.op->name, error.what));
    return;
  }
  component.declaration = std::move(*declared);
  add_system_stream(draft, component);
  component.full.clear();
  DNSTORM_ASSERT(component.declaration->reads.size() == inputs->size(),
                 "an operator says of each input which fields it reads", component.op->name);
  for (const StreamDecl& output : component.declaration->outputs) {
    DNSTORM_ASSERT(!output.forwards_input || !inputs->empty(),
                   "an operator forwards an input that it does not have", component.op->name);
    component.full.push_back(output.forwards_input ? inputs->front().schema
                                                   : Schema(output.fields));
  }
}

// What cannot go on from a checkpoint must not stand in a topology that promises it.
void check_restorable(Draft& draft, const DraftComponent& component) {
  if (!component.declaration || component.declaration->restorable) return;
  draft.add(component.source->class_name_place,
            fmt::format("'{}' ({}) cannot go on from a checkpoint with these options, so "
                        "topology.delivery cannot be exactly-once",
                        component.id(), component.op->name));
}

std::string fields_of(const Draft& draft) {
  std::string all;
  for (const DraftComponent& component : draft.components)
    for (const Schema& schema : component.full)
      for (const Field& field : schema.fields())
        all += fmt::format("{} {}\n", field.name, to_string(field.type));
  return all;
}

// A bolt where a cycle closes reads, in the end, what it gives itself. So all declare themselves
// without such inputs first, then with what the others have said, until nobody says anything new.
void declare_cycles(Draft& draft) {
  std::string known;
  for (std::size_t rounds = 0; draft.problems.empty(); ++rounds) {
    known = fields_of(draft);
    for (std::size_t i : draft.order) declare_component(draft, draft.components[i], true);
    if (fields_of(draft) == known) return;
    if (rounds > draft.components.size())
      draft.add({}, "the fields of the streams that form a cycle grow each time they go round");
  }
}

}  // namespace

void declare(Draft& draft, bool exactly_once) {
  for (std::size_t i : draft.order) declare_component(draft, draft.components[i], false);
  bool cycles = std::any_of(draft.components.begin(), draft.components.end(), [](auto& component) {
    return !component.inputs.empty() && component.inputs.back().closes_cycle;
  });
  if (cycles) declare_cycles(draft);
  if (!exactly_once) return;
  for (std::size_t i : draft.order) check_restorable(draft, draft.components[i]);
}

}  // namespace dnstorm::plan::detail
