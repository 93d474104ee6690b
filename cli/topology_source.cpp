#include "cli/topology_source.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/board_data.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t lines_max = 200;  // that are shown of an item

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Columns before what stands on the line; npos: nothing does.
std::size_t indent_of(std::string_view line) { return line.find_first_not_of(" \r"); }

bool begins_item(std::string_view line) {
  const std::size_t at = indent_of(line);
  return at != std::string_view::npos && line[at] == '-' &&
         (at + 1 == line.size() || line[at + 1] == ' ');
}

// The line where the item begins that line `at` is in.
std::optional<std::size_t> item_begin(const std::vector<std::string_view>& lines, std::size_t at) {
  std::size_t inside = begins_item(lines[at]) ? std::string_view::npos : indent_of(lines[at]);
  for (std::size_t i = at + 1; i-- > 0;) {
    const std::size_t indent = indent_of(lines[i]);
    if (indent == std::string_view::npos) continue;
    if (begins_item(lines[i]) && indent < inside) return i;
    inside = std::min(inside, indent);
  }
  return std::nullopt;
}

Result<std::string> text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return Error{ErrorKind::no_input, "cannot be read", ""};
  return text.str();
}

}  // namespace

SourceLines item_around(std::string_view text, int line) {
  const std::vector<std::string_view> lines = lines_of(text);
  if (line < 1 || static_cast<std::size_t>(line) > lines.size()) return {};
  const auto at = static_cast<std::size_t>(line - 1);
  const auto begin = item_begin(lines, at);
  if (!begin) return {line, std::string(lines[at])};
  const std::size_t dash = indent_of(lines[*begin]);
  std::size_t end = *begin + 1;
  for (std::size_t i = end; i < lines.size() && i - *begin < lines_max; ++i) {
    const std::size_t indent = indent_of(lines[i]);
    if (indent == std::string_view::npos) continue;  // an empty line ends nothing
    if (indent <= dash) break;
    end = i + 1;
  }
  SourceLines item{static_cast<int>(*begin + 1), {}};
  for (std::size_t i = *begin; i < end; ++i) item.text += std::string(lines[i]) + "\n";
  return item;
}

TopologySource TopologySource::of(const std::string& text, const std::string& path,
                                  const topology::Variables& variables,
                                  const topology::OpenFile& open) {
  TopologySource source;
  source.texts_[path] = text;
  auto keep = [&](const std::string& file) {
    auto included = open(file);
    if (included.ok()) source.texts_[file] = *included;
    return included;
  };
  source.topology_ = topology::read_text(text, path, variables, keep).topology;
  return source;
}

TopologySource TopologySource::read(const std::string& path, const topology::Variables& variables) {
  auto text = text_of(path);
  return text.ok() ? of(*text, path, variables, text_of) : TopologySource();
}

ApiAnswer TopologySource::answer(const ApiRequest& request) const {
  const std::string_view id = request.argument("component");
  Json parts = Json::array();
  auto add = [&](topology::Place place) {
    const std::string& file = topology::file_of(topology_, place);
    const auto text = texts_.find(file);
    if (place.line == 0 || text == texts_.end()) return;
    SourceLines lines = item_around(text->second, place.line);
    Json part = {{"file", file}, {"line", lines.first}, {"text", std::move(lines.text)}};
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  };
  for (const auto* components : {&topology_.spouts, &topology_.bolts})
    for (const topology::Component& component : *components)
      if (component.id == id) add(component.place);
  if (parts.empty())
    return data_problem(404, fmt::format("no line of the file made a component '{}'", id));
  for (const topology::Stream& stream : topology_.streams)
    if (stream.to == id) add(stream.to_place);
  return {.body = Json{{"component", id}, {"parts", parts}}.dump(-1, ' ', false,
                                                                 Json::error_handler_t::replace)};
}

}  // namespace dnstorm::cli
