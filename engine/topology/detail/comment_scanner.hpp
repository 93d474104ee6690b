// Finds the comments of a YAML text, line by line and before it is parsed: ${...} in a comment is
// nobody's business. Knows of YAML what it takes for that: quotes, which may go on over lines, and
// block scalars (`key: |`), in which a # is text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace dnstorm::topology::detail {

class CommentScanner {
 public:
  // Where the comment of the next line begins; the length of the line if it has none.
  std::size_t comment_begin(std::string_view line);

 private:
  bool in_block(std::string_view line);
  void open_block(std::string_view content);

  char quote_ = 0;                    // 0: not inside of quotes
  std::optional<std::size_t> block_;  // columns by which the owner of a block scalar is indented
};

}  // namespace dnstorm::topology::detail
