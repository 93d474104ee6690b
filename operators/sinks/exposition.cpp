#include "operators/sinks/exposition.hpp"

#include <fmt/format.h>

#include "operators/sinks/json_text.hpp"

namespace dnstorm::operators {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string allowed(std::string_view text, bool colons) {
  std::string name;
  if (text.empty() || is_digit(text.front())) name += '_';
  for (char c : text) name += is_letter(c) || is_digit(c) || (colons && c == ':') ? c : '_';
  return name;
}

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  while (!text.empty()) {
    std::size_t length = utf8_length(text);
    char c = text.front();
    if (length == 0) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || (quoted && c == '"')) out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

}  // namespace

Result<void> Exposition::add(const std::string& component, const std::vector<std::string>& names,
                             std::shared_ptr<const MetricSource> source) {
  std::lock_guard lock(mutex_);
  for (const std::string& name : names) {
    auto owner = owners_.find(name);
    if (owner != owners_.end() && owner->second != component)
      return Error{ErrorKind::config,
                   fmt::format("prometheus: the metric {} is one of '{}' already: give this "
                               "component another `prefix` or `measurement`",
                               name, owner->second),
                   "prefix"};
  }
  for (const std::string& name : names) owners_[name] = component;
  sources_[component] = std::move(source);
  return {};
}

std::string Exposition::text() const {
  std::lock_guard lock(mutex_);
  std::string text;
  for (const auto& [component, source] : sources_) source->append(text);
  return text;
}

std::string metric_name(std::string_view text) { return allowed(text, true); }

std::string label_name(std::string_view text) {
  std::string name = allowed(text, false);
  // Names that begin with two are Prometheus' own.
  std::size_t first = name.find_first_not_of('_');
  if (first != std::string::npos && first > 1) name.erase(0, first - 1);
  return first == std::string::npos ? "_" : name;
}

void append_label_value(std::string& out, std::string_view text) {
  append_escaped(out, text, true);
}

void append_metric_head(std::string& out, std::string_view name, std::string_view help,
                        std::string_view type) {
  out += fmt::format("# HELP {} ", name);
  append_escaped(out, help, false);
  out += fmt::format("\n# TYPE {} {}\n", name, type);
}

}  // namespace dnstorm::operators
