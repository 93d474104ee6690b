#include <algorithm>

#include "engine/plan/detail/draft.hpp"

namespace dnstorm::plan::detail {

namespace {

// The component whose streams say what the engine does; its operator is one like others.
constexpr std::string_view system_component = "__system";
constexpr std::string_view system_operator = "system";

// A setting of the topology in seconds, as the duration of an option.
void take_period(const topology::Topology& topology, const std::string& setting,
                 const std::string& option, RawOptions& into) {
  auto found = topology.config.find(setting);
  if (found == topology.config.end() || found->second.values.size() != 1) return;
  const std::string& text = found->second.values.front();
  bool number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!number || text == "0") return;  // what is wrong with it is said where settings are read
  RawOption made = found->second;
  made.values = {text + "s"};
  into.emplace(option, std::move(made));
}

}  // namespace

std::optional<topology::Topology> with_system_spout(const topology::Topology& topology) {
  auto read = std::find_if(topology.streams.begin(), topology.streams.end(),
                           [](const auto& stream) { return stream.from == system_component; });
  if (read == topology.streams.end()) return std::nullopt;
  topology::Topology made = topology;
  topology::Component& spout = made.spouts.emplace_back();
  spout.id = system_component;
  spout.class_name = system_operator;
  spout.place = spout.class_name_place = read->from_place;
  take_period(topology, "topology.tick.tuple.freq.secs", "tick", spout.properties);
  take_period(topology, "topology.builtin.metrics.bucket.size.secs", "metrics", spout.properties);
  return made;
}

void add_system_stream(const Draft& draft, DraftComponent& component) {
  for (const topology::Stream& stream : draft.topology.streams) {
    if (stream.from != component.id() || stream.stream_id != system_stream) continue;
    component.declaration->outputs.push_back(
        {std::string(system_stream),
         {{.name = "event", .type = Type::str, .help = "nothing is ever emitted"}}});
    return;
  }
}

}  // namespace dnstorm::plan::detail
