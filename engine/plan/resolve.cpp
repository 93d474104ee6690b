#include <algorithm>
#include <map>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

const OperatorDef* find_operator(Draft& draft, const DraftComponent& component) {
  const topology::Component& source = *component.source;
  const OperatorDef* op = draft.registry.find(source.class_name);
  if (op == nullptr) {
    draft.add(source.class_name_place,
              fmt::format("'{}': no operator is called '{}'{} (`dnstorm operators` lists them)",
                          source.id, source.class_name,
                          did_you_mean(source.class_name, draft.registry.all_names())));
    return nullptr;
  }
  bool is_spout = op->kind == OperatorKind::spout;
  if (is_spout == component.among_spouts) return op;
  draft.add(source.class_name_place,
            fmt::format("'{}': operator '{}' is a {}, it belongs under '{}'", source.id, op->name,
                        is_spout ? "spout" : "bolt", is_spout ? "spouts" : "bolts"));
  return nullptr;
}

void set_options(Draft& draft, DraftComponent& component) {
  Configured object = configured(component);
  auto raw = gather_options(draft, object);
  if (!raw) return;
  component.raw = std::move(*raw);
  component.options = parse_options(draft, object, component.raw);
}

class Connector {
 public:
  explicit Connector(Draft& draft) : draft_(draft) {
    for (std::size_t i = 0; i < draft.components.size(); ++i)
      index_.emplace(draft.components[i].id(), i);
  }

  void connect(const topology::Stream& stream) {
    auto from = find(stream.from, stream.from_place, "from");
    auto to = find(stream.to, stream.to_place, "to");
    if (!from || !to) return;
    DraftComponent& reader = draft_.components[*to];
    if (reader.among_spouts) {
      draft_.add(
          stream.to_place,
          fmt::format("'{}' is a spout and takes no input; a stream goes to a bolt", stream.to));
      return;
    }
    for (const DraftInput& other : reader.inputs) {
      if (!same_subscription(*other.stream, stream)) continue;
      draft_.add(stream.place,
                 fmt::format("'{}' reads stream '{}' of '{}' twice with the same grouping; "
                             "every row would come twice",
                             stream.to, stream.stream_id, stream.from));
      return;
    }
    reader.inputs.push_back({&stream, *from, std::nullopt});
    if (stream.custom) resolve_grouping(draft_, reader.inputs.back());
  }

 private:
  static bool same_subscription(const topology::Stream& a, const topology::Stream& b) {
    return a.from == b.from && a.stream_id == b.stream_id && a.grouping == b.grouping &&
           a.args == b.args && class_of(a) == class_of(b);
  }

  // Two custom groupings of one class are two if their options are.
  static std::string class_of(const topology::Stream& stream) {
    if (!stream.custom) return {};
    std::string text = stream.custom->class_name;
    for (const RawOption& arg : stream.custom->constructor_args)
      text += fmt::format(" [{}]", fmt::join(arg.values, ","));
    for (const auto& [name, option] : stream.custom->properties)
      text += fmt::format(" {}=[{}]", name, fmt::join(option.values, ","));
    return text;
  }

  std::optional<std::size_t> find(const std::string& id, Place place, std::string_view end) {
    auto found = index_.find(id);
    if (found != index_.end()) return found->second;
    draft_.dangling = true;
    std::vector<std::string> known;
    for (const auto& [name, index] : index_) known.push_back(name);
    draft_.add(place, fmt::format("a stream goes {} '{}', which is no component{}", end, id,
                                  did_you_mean(id, known)));
    return std::nullopt;
  }

  Draft& draft_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
  // Longer words are not typing errors; comparing them with every name would only cost time.
  constexpr std::size_t word_max = 64;
  std::string hint = word.size() > word_max ? "" : nearest(word, known);
  return hint.empty() ? "" : fmt::format(", did you mean '{}'?", hint);
}

Place place_of(const RawOptions& raw, const std::string& option, Place otherwise) {
  auto found = raw.find(option);
  return found == raw.end() ? otherwise : place_of(found->second);
}

Place place_of(const RawOption& option) { return {option.line, option.column, option.file}; }

void resolve(Draft& draft) {
  for (bool among_spouts : {true, false})
    for (const topology::Component& source :
         among_spouts ? draft.topology.spouts : draft.topology.bolts) {
      DraftComponent component;
      component.source = &source;
      component.among_spouts = among_spouts;
      component.op = find_operator(draft, component);
      if (component.op != nullptr) set_options(draft, component);
      draft.components.push_back(std::move(component));
    }
  Connector connector(draft);
  for (const topology::Stream& stream : draft.topology.streams) connector.connect(stream);
}

}  // namespace dnstorm::plan::detail
