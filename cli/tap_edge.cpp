#include "cli/tap_edge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/api/options.hpp"

namespace dnstorm::cli {

namespace {

using runtime::TapPlace;

struct Wanted {
  std::string from;
  std::string stream;  // empty: not said
  std::string to;      // empty: an output
};

std::string trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

Wanted parse(const std::string& text) {
  Wanted wanted;
  std::size_t arrow = text.find("->");
  std::string source = trimmed(std::string_view(text).substr(0, arrow));
  if (arrow != std::string::npos) wanted.to = trimmed(std::string_view(text).substr(arrow + 2));
  std::size_t colon = source.find(':');
  wanted.from = source.substr(0, colon);
  if (colon != std::string::npos) wanted.stream = source.substr(colon + 1);
  return wanted;
}

bool fits(const TapEdge& edge, const Wanted& wanted) {
  return edge.from == wanted.from && edge.to == wanted.to &&
         (wanted.stream.empty() || edge.stream == wanted.stream);
}

std::string list(const std::vector<TapEdge>& edges) {
  constexpr std::size_t most = 20;
  std::string text;
  for (std::size_t i = 0; i < edges.size() && i < most; ++i)
    text += (i == 0 ? "" : ", ") + to_string(edges[i]);
  if (edges.size() > most) text += fmt::format(" and {} more", edges.size() - most);
  return text;
}

Error refused(const std::string& what) { return {ErrorKind::usage, "tap: " + what, "edge"}; }

Error unknown(const plan::Plan& plan, const std::string& text, const Wanted& wanted) {
  std::vector<TapEdge> edges = tap_edges(plan);
  std::vector<std::string> names;
  for (const plan::ComponentPlan& component : plan.components) names.push_back(component.id);
  for (const std::string& name : {wanted.from, wanted.to}) {
    if (name.empty() || std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string hint = nearest(name, names);
    return refused(fmt::format(
        "there is no component '{}'{}", name,
        hint.empty() ? "; edges are " + list(edges) : fmt::format(", did you mean '{}'?", hint)));
  }
  std::vector<std::string> known;
  for (const TapEdge& edge : edges) known.push_back(to_string(edge));
  std::string hint = nearest(text, known);
  return refused(fmt::format(
      "there is no edge '{}', or nobody reads it{}", text,
      hint.empty() ? "; edges are " + list(edges) : fmt::format(", did you mean '{}'?", hint)));
}

}  // namespace

std::string to_string(const TapEdge& edge) {
  std::string text = edge.from;
  if (edge.stream != "default") text += ":" + edge.stream;
  if (!edge.to.empty()) text += "->" + edge.to;
  return text;
}

std::vector<TapEdge> tap_edges(const plan::Plan& plan) {
  std::vector<TapEdge> outputs;
  std::vector<TapEdge> inputs;
  for (std::uint32_t c = 0; c < plan.components.size(); ++c) {
    const plan::ComponentPlan& component = plan.components[c];
    for (std::uint32_t i = 0; i < component.inputs.size(); ++i) {
      const plan::InputPlan& input = component.inputs[i];
      auto [from, output_stream] = plan::source_of(plan, input);
      const plan::ComponentPlan& source = plan.components[from];
      const plan::OutputPlan& stream = source.outputs[output_stream];
      TapPlace output{static_cast<std::uint32_t>(from), TapPlace::Side::output,
                      static_cast<std::uint32_t>(output_stream)};
      auto same = [&output](const TapEdge& edge) { return edge.place == output; };
      if (std::none_of(outputs.begin(), outputs.end(), same))
        outputs.push_back({output, source.id, stream.name, "", stream.schema});
      inputs.push_back(
          {{c, TapPlace::Side::input, i}, source.id, stream.name, component.id, stream.schema});
    }
  }
  outputs.insert(outputs.end(), inputs.begin(), inputs.end());
  return outputs;
}

Result<TapEdge> find_tap_edge(const plan::Plan& plan, const std::string& text) {
  Wanted wanted = parse(text);
  std::vector<TapEdge> found;
  for (TapEdge& edge : tap_edges(plan))
    if (fits(edge, wanted)) found.push_back(std::move(edge));
  if (found.empty()) return unknown(plan, text, wanted);
  if (found.size() == 1) return std::move(found.front());
  for (TapEdge& edge : found)
    if (edge.stream == "default") return std::move(edge);
  return refused(fmt::format("'{}' may be any of {}: name the stream", text, list(found)));
}

}  // namespace dnstorm::cli
