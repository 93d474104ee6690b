#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/tap.hpp"

namespace dnstorm::cli {

namespace {

using Json = nlohmann::ordered_json;

// Names come from packets: what is not plain ASCII is shown escaped, in quotes.
std::string value_text(const Json& value) {
  if (!value.is_string()) return value.dump();
  std::string quoted = value.dump(-1, ' ', true);
  const std::string& text = value.get_ref<const std::string&>();
  bool plain = !text.empty() && quoted.size() == text.size() + 2 &&
               text.find_first_of(" =\x7f") == std::string::npos;
  return plain ? text : quoted;
}

std::string counts_text(const Json& counts) {
  return fmt::format("{} seen, {} matched, {} shown, {} not shown", counts.at("seen").dump(),
                     counts.at("matched").dump(), counts.at("shown").dump(),
                     counts.at("not_shown").dump());
}

std::string head_text(const Json& tap) {
  std::string fields;
  for (const Json& field : tap.at("fields"))
    fields += fmt::format("{}{} {}", fields.empty() ? "" : ", ", value_text(field.at("name")),
                          value_text(field.at("type")));
  std::string where = tap.at("where").get<std::string>();
  return fmt::format("-- tap on {}{}, at most {} rows a second: {}\n", value_text(tap.at("edge")),
                     where.empty() ? "" : " where " + where, tap.at("rate").dump(), fields);
}

std::string row_text(const Json& line) {
  std::string at = line.at("at").get<std::string>();
  std::string node = line.contains("node") ? value_text(line.at("node")) + " " : "";
  std::string text =
      fmt::format("{} {}{}/{}", at, node, value_text(line.at("component")), line.at("task").dump());
  for (const auto& [name, value] : line.at("row").items())
    text += fmt::format(" {}={}", name, value_text(value));
  return text + "\n";
}

}  // namespace

std::string tap_text(const std::string& line) {
  Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return {};
  try {
    if (json.contains("tap")) return head_text(json.at("tap"));
    if (json.contains("row")) return row_text(json);
    if (json.contains("end"))
      return fmt::format("-- {}: {}\n",
                         json.contains("reason") ? json.at("reason").get<std::string>()
                                                 : std::string("the run has ended"),
                         counts_text(json.at("counts")));
    if (json.contains("counts")) return fmt::format("-- {}\n", counts_text(json.at("counts")));
  } catch (const Json::exception&) {
  }
  return {};
}

}  // namespace dnstorm::cli
