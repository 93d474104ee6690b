#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/topology/detail/disk.hpp"
#include "engine/topology/detail/problems.hpp"
#include "engine/topology/detail/yaml_tree.hpp"

namespace dnstorm::topology {

namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view without_blanks(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}

// Lines as the author means them: comments left out, continued ones put together.
class LogicalLines {
 public:
  explicit LogicalLines(std::string_view text) : rest_(text) {}

  // False at the end of the text.
  bool next(std::string& line) {
    while (!rest_.empty()) {
      std::string_view first = without_blanks(natural_line());
      first_line_ = line_;
      if (first.empty() || first.front() == '#' || first.front() == '!') continue;
      line = first;
      // A comment cannot be continued, but a line can be continued by what looks like a comment.
      while (is_continued(line)) {
        line.pop_back();
        if (rest_.empty()) break;
        line += without_blanks(natural_line());
      }
      return true;
    }
    return false;
  }
  // 1-based, of the line that next() gave.
  int line() const { return first_line_; }

 private:
  // An odd number of backslashes: the last is not the second half of an escape.
  static bool is_continued(const std::string& line) {
    std::size_t last = line.find_last_not_of('\\');
    return (line.size() - (last == std::string::npos ? 0 : last + 1)) % 2 == 1;
  }

  std::string_view natural_line() {
    std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::string_view rest_;
  int line_ = 0;
  int first_line_ = 0;
};

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The four digits of \uXXXX; nothing if they are not four, or are half of a pair.
std::optional<unsigned> code_unit(std::string_view digits) {
  unsigned code = 0;
  auto [rest, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  bool surrogate = code >= 0xd800 && code < 0xe000;
  if (digits.size() != 4 || problem != std::errc() || rest != digits.data() + 4 || surrogate)
    return std::nullopt;
  return code;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    static constexpr std::string_view letters = "tnrf", meanings = "\t\n\r\f";
    char letter = text[++i];
    if (letter == 'u') {
      auto code = code_unit(text.substr(i + 1, 4));
      if (!code)
        return Error{ErrorKind::config, "\\u is followed by the four digits of a character", ""};
      append_utf8(out, *code);
      i += 4;
      continue;
    }
    std::size_t known = letters.find(letter);
    out += known == std::string_view::npos ? letter : meanings[known];
  }
  return out;
}

// Where the key ends: at the first =, : or blank that is not escaped.
std::size_t key_end(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && line[end] != '=' && line[end] != ':' &&
         blanks.find(line[end]) == std::string_view::npos)
    end += line[end] == '\\' ? 2U : 1U;
  return std::min(end, line.size());
}

}  // namespace

Result<std::map<std::string, std::string>> read_properties(const std::string& text,
                                                           const std::string& file) {
  if (text.size() > detail::yaml_bytes_max)
    return Error{ErrorKind::config,
                 fmt::format("{}: is larger than {} KiB", file, detail::yaml_bytes_max / 1024), ""};
  std::map<std::string, std::string> properties;
  std::map<std::string, int> lines;
  LogicalLines logical(text);
  for (std::string line; logical.next(line);) {
    std::string where = fmt::format("{}:{}", file, logical.line());
    std::string_view rest = line;
    std::size_t end = key_end(rest);
    auto key = unescape(rest.substr(0, end));
    rest = without_blanks(rest.substr(end));
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':'))
      rest = without_blanks(rest.substr(1));
    auto value = unescape(rest);
    if (!key.ok()) return std::move(key.error()).within(where);
    if (!value.ok()) return std::move(value.error()).within(where);
    auto [first, is_new] = lines.emplace(*key, logical.line());
    if (!is_new)
      return Error{ErrorKind::config,
                   fmt::format("{}: key '{}' stands twice, first in line {}", where,
                               detail::shown(*key), first->second),
                   ""};
    properties.emplace(std::move(*key), std::move(*value));
  }
  return properties;
}

Result<std::map<std::string, std::string>> read_properties_file(const std::string& path) {
  auto text = detail::read_disk(path);
  if (!text.ok()) return std::move(text.error()).within(path);
  return read_properties(*text, path);
}

}  // namespace dnstorm::topology
