#include "operators/shape/filter_expression.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace dnstorm::operators {

namespace {

struct OpName {
  FilterOp op;
  std::string_view text;
};
constexpr std::array op_names = {
    OpName{FilterOp::equal, "=="},
    OpName{FilterOp::not_equal, "!="},
    OpName{FilterOp::less, "<"},
    OpName{FilterOp::less_equal, "<="},
    OpName{FilterOp::greater, ">"},
    OpName{FilterOp::greater_equal, ">="},
    OpName{FilterOp::in, "in"},
    OpName{FilterOp::not_in, "not in"},
    OpName{FilterOp::contains, "contains"},
    OpName{FilterOp::starts_with, "starts_with"},
    OpName{FilterOp::ends_with, "ends_with"},
    OpName{FilterOp::under, "under"},
};

enum class TokenKind : std::uint8_t { word, quoted, sign, end };
struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  std::size_t at = 0;  // offset in the expression
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_sign(char c) { return std::string_view("=!<>[],()").find(c) != std::string_view::npos; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<std::vector<FilterCondition>> parse() {
    DNSTORM_CHECK(advance());
    std::vector<FilterCondition> conditions;
    for (;;) {
      conditions.push_back(DNSTORM_TRY(condition()));
      if (next_.kind == TokenKind::end) return conditions;
      if (is_word("or"))
        return fault("'or' is not known; list values with 'field in [a, b]', or use two filters");
      if (!is_word("and")) return fault("'and' or the end is expected");
      DNSTORM_CHECK(advance());
    }
  }

 private:
  Result<FilterCondition> condition() {
    FilterCondition condition;
    if (next_.kind != TokenKind::word) return fault("the name of a field is expected");
    condition.field = next_.text;
    DNSTORM_CHECK(advance());
    condition.op = DNSTORM_TRY(op());
    bool many = condition.op == FilterOp::in || condition.op == FilterOp::not_in;
    if (many && is_sign("[")) {
      condition.literals = DNSTORM_TRY(list());
    } else {
      condition.literals.push_back(DNSTORM_TRY(literal()));
    }
    return condition;
  }

  Result<FilterOp> op() {
    std::string word = next_.kind == TokenKind::quoted ? "" : next_.text;
    if (is_word("not")) {
      DNSTORM_CHECK(advance());
      word = "not " + next_.text;
    }
    for (const OpName& name : op_names) {
      if (name.text != word) continue;
      DNSTORM_CHECK(advance());
      return name.op;
    }
    return fault(
        "one of == != < <= > >= in, not in, contains, starts_with, ends_with, under is expected");
  }

  Result<std::vector<std::string>> list() {
    std::vector<std::string> literals;
    do {
      DNSTORM_CHECK(advance());
      literals.push_back(DNSTORM_TRY(literal()));
    } while (is_sign(","));
    if (!is_sign("]")) return fault("',' or ']' is expected");
    DNSTORM_CHECK(advance());
    return literals;
  }

  Result<std::string> literal() {
    if (next_.kind != TokenKind::word && next_.kind != TokenKind::quoted)
      return fault("a value is expected");
    std::string text = next_.text;
    DNSTORM_CHECK(advance());
    return text;
  }

  Result<void> advance() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    next_ = {TokenKind::end, "", at_};
    if (at_ == text_.size()) return {};
    char first = text_[at_];
    if (first == '"' || first == '\'') return quoted(first);
    std::size_t size = 1;
    if (is_sign(first)) {
      bool pair = at_ + 1 < text_.size() && text_[at_ + 1] == '=' &&
                  std::string_view("=!<>").find(first) != std::string_view::npos;
      if (pair) size = 2;
      next_.kind = TokenKind::sign;
    } else {
      while (at_ + size < text_.size() && !is_blank(text_[at_ + size]) &&
             !is_sign(text_[at_ + size]))
        ++size;
      next_.kind = TokenKind::word;
    }
    next_.text = text_.substr(at_, size);
    at_ += size;
    return {};
  }

  Result<void> quoted(char quote) {
    std::size_t close = text_.find(quote, at_ + 1);
    if (close == std::string_view::npos) return fault("a quote is not closed");
    next_.kind = TokenKind::quoted;
    next_.text = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    return {};
  }

  bool is_word(std::string_view word) const {
    return next_.kind == TokenKind::word && next_.text == word;
  }
  bool is_sign(std::string_view sign) const {
    return next_.kind == TokenKind::sign && next_.text == sign;
  }
  static bool is_sign(char c) { return operators::is_sign(c); }

  Error fault(std::string_view what) const {
    std::string place = next_.at >= text_.size() ? std::string("at the end")
                                                 : fmt::format("at '{}'", text_.substr(next_.at));
    return {ErrorKind::config, fmt::format("in the filter '{}' {}: {}", text_, place, what),
            "where"};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Token next_;
};

}  // namespace

std::string_view to_string(FilterOp op) {
  for (const OpName& name : op_names)
    if (name.op == op) return name.text;
  return "?";
}

Result<std::vector<FilterCondition>> parse_filter(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace dnstorm::operators
