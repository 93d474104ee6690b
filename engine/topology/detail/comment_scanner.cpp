#include "engine/topology/detail/comment_scanner.hpp"

#include <algorithm>

namespace dnstorm::topology::detail {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view without_trailing_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// Whether a value may begin behind this text; elsewhere a quote is a letter as any other (it's).
bool value_may_begin(std::string_view before) {
  before = without_trailing_blanks(before);
  if (before.empty() || std::string_view("[{,:-?").find(before.back()) != std::string_view::npos)
    return true;
  // An anchor or a tag stands between.
  std::size_t word = before.find_last_of(" \t[{,");
  char first = before[word == std::string_view::npos ? 0 : word + 1];
  return first == '&' || first == '!';
}

// Past the closing quote, or the end of the line if it does not close.
std::size_t skip_quoted(std::string_view line, std::size_t i, char& quote) {
  while (i < line.size()) {
    if (quote == '"' && line[i] == '\\') {
      i += 2;
    } else if (line[i] != quote) {
      ++i;
    } else if (quote == '\'' && i + 1 < line.size() && line[i + 1] == '\'') {
      i += 2;  // '' is a quote within the text
    } else {
      quote = 0;
      return i + 1;
    }
  }
  return line.size();
}

}  // namespace

std::size_t CommentScanner::comment_begin(std::string_view line) {
  if (block_ && in_block(line)) return line.size();
  std::size_t i = 0;
  while (i < line.size()) {
    if (quote_ != 0) {
      i = skip_quoted(line, i, quote_);
      continue;
    }
    bool after_blank = i == 0 || blanks.find(line[i - 1]) != std::string_view::npos;
    if (line[i] == '#' && after_blank) break;
    if ((line[i] == '\'' || line[i] == '"') && value_may_begin(line.substr(0, i))) quote_ = line[i];
    ++i;
  }
  if (quote_ == 0) open_block(line.substr(0, i));
  return i;
}

bool CommentScanner::in_block(std::string_view line) {
  std::size_t indent = line.find_first_not_of(' ');
  bool is_empty = without_trailing_blanks(line).empty();
  if (is_empty || indent > *block_) return true;
  block_.reset();
  return false;
}

// `key: |`, `- >-` and the like: what is indented more than the key, or the dash, is text.
void CommentScanner::open_block(std::string_view content) {
  content = without_trailing_blanks(content);
  std::size_t mark = content.find_last_not_of("+-0123456789");
  if (mark == std::string_view::npos || (content[mark] != '|' && content[mark] != '>')) return;
  if (!value_may_begin(content.substr(0, mark))) return;
  std::size_t owner = std::min(content.find_first_not_of(" \t"), mark);
  while (owner < mark && content.substr(owner).starts_with("- ")) {
    std::size_t next = content.find_first_not_of(' ', owner + 1);
    if (next >= mark) break;
    owner = next;
  }
  block_ = owner;
}

}  // namespace dnstorm::topology::detail
