#include "engine/topology/detail/substitute.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/topology/detail/comment_scanner.hpp"
#include "engine/topology/detail/yaml_tree.hpp"

namespace dnstorm::topology::detail {

namespace {

using Known = std::map<std::string, std::string>;

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// [a, "b, c"] or a, "b, c": the elements, quotes left on, as they are YAML all the same.
std::vector<std::string_view> elements_of(std::string_view list) {
  list = trimmed(list);
  if (list.size() >= 2 && list.front() == '[' && list.back() == ']')
    list = trimmed(list.substr(1, list.size() - 2));
  std::vector<std::string_view> elements;
  if (list.empty()) return elements;
  char quote = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (quote != 0)
      quote = list[i] == quote ? 0 : quote;
    else if (list[i] == '"' || list[i] == '\'')
      quote = list[i];
    else if (list[i] == ',') {
      elements.push_back(trimmed(list.substr(from, i - from)));
      from = i + 1;
    }
  }
  elements.push_back(trimmed(list.substr(from)));
  return elements;
}

// list[0]: the name and the index; nothing if it is not of that form.
std::optional<std::pair<std::string_view, std::size_t>> indexed(std::string_view name) {
  std::size_t open = name.rfind('[');
  if (open == std::string_view::npos || !name.ends_with(']')) return std::nullopt;
  std::size_t index = 0;
  const char* end = name.data() + name.size() - 1;
  auto [rest, problem] = std::from_chars(name.data() + open + 1, end, index);
  if (problem != std::errc() || rest != end) return std::nullopt;
  return std::pair(name.substr(0, open), index);
}

class Substituter {
 public:
  Substituter(std::uint32_t file, const Variables& variables, Problems& problems)
      : file_(file), variables_(variables), problems_(problems) {}

  Substituted run(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      std::size_t end = std::min(text.find('\n'), text.size());
      bool is_last = end == text.size();
      take_line(text.substr(0, end));
      if (!is_last) made_.text += '\n';
      text.remove_prefix(is_last ? end : end + 1);
      // The parser refuses what is too large; there is no use in making it larger still.
      if (made_.text.size() > yaml_bytes_max) break;
    }
    return std::move(made_);
  }

 private:
  void take_line(std::string_view line) {
    std::size_t begin = made_.text.size();
    std::size_t end = comments_.comment_begin(line);
    std::size_t from = 0;
    for (std::size_t at = line.find("${"); at < end; at = line.find("${", from)) {
      made_.text += line.substr(from, at - from);
      Place place{line_, static_cast<int>(at) + 1, file_};
      std::size_t close = line.substr(0, end).find('}', at);
      if (close == std::string_view::npos) {
        refuse(place, "'${' without a '}' in its line");
        from = at;
        break;
      }
      std::string value(value_of(line.substr(at + 2, close - at - 2), place));
      made_.columns.add(
          line_, {place.column, static_cast<int>(close - at) + 1,
                  static_cast<int>(made_.text.size() - begin) + 1, static_cast<int>(value.size())});
      made_.text += value;
      from = close + 1;
      if (made_.text.size() > yaml_bytes_max) break;
    }
    made_.text += line.substr(from);
  }

  std::string_view value_of(std::string_view name, Place place) {
    bool from_environment = name.starts_with("ENV-");
    const Known& known = from_environment ? variables_.environment : variables_.properties;
    std::string_view key = name.substr(from_environment ? 4 : 0);
    auto found = known.find(std::string(key));
    std::string_view value;
    if (found != known.end()) {
      value = found->second;
    } else if (auto element = indexed(key);
               element && known.contains(std::string(element->first))) {
      value = element_of(name, known.at(std::string(element->first)), element->second, place);
    } else {
      refuse_unknown(name, element ? element->first : key, from_environment, place);
      return {};
    }
    if (value.find_first_of("\r\n") == std::string_view::npos) return value;
    refuse(place, fmt::format("the value of '${{{}}}' has a line break; it may have one line only",
                              shown(name)));
    return {};
  }

  std::string_view element_of(std::string_view name, std::string_view list, std::size_t index,
                              Place place) {
    std::vector<std::string_view> elements = elements_of(list);
    if (index < elements.size()) return elements[index];
    refuse(place, fmt::format("there is no '${{{}}}'; the list has {} element{}, counted from 0",
                              shown(name), elements.size(), elements.size() == 1 ? "" : "s"));
    return {};
  }

  void refuse_unknown(std::string_view name, std::string_view key, bool from_environment,
                      Place place) {
    made_.complete = false;
    if (problems_.full()) return;
    constexpr std::size_t word_max = 64;
    const Known& known = from_environment ? variables_.environment : variables_.properties;
    std::vector<std::string> names;
    for (const auto& [known_name, value] : known) names.push_back(known_name);
    std::string hint = key.size() > word_max ? "" : nearest(key, names);
    std::string advice;
    if (!hint.empty())
      advice =
          fmt::format(", did you mean '${{{}{}}}'?", from_environment ? "ENV-" : "", shown(hint));
    else
      advice = from_environment ? "; the environment has no such variable"
                                : "; give a file that has it by --filter";
    problems_.add(place, fmt::format("'${{{}}}' has no value{}", shown(name), advice));
  }

  void refuse(Place place, std::string what) {
    made_.complete = false;
    problems_.add(place, std::move(what));
  }

  std::uint32_t file_;
  const Variables& variables_;
  Problems& problems_;
  CommentScanner comments_;
  Substituted made_;
  int line_ = 0;
};

}  // namespace

int Columns::written(int line, int made) const {
  auto found = by_line_.find(line);
  if (found == by_line_.end()) return made;
  int column = made;
  for (const Replacement& replacement : found->second) {
    if (made < replacement.made) break;
    int behind = made - replacement.made - replacement.made_length;
    if (behind < 0) return replacement.written;
    column = replacement.written + replacement.written_length + behind;
  }
  return column;
}

Substituted substitute(const std::string& text, std::uint32_t file, const Variables& variables,
                       Problems& problems) {
  // Most files have none; they are not worth a second look.
  if (text.find("${") == std::string::npos) return {text, {}, true};
  return Substituter(file, variables, problems).run(text);
}

}  // namespace dnstorm::topology::detail
