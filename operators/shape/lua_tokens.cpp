#include "operators/shape/lua_tokens.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace dnstorm::operators {

namespace {

constexpr std::array<std::string_view, 22> keywords = {
    "and",      "break",  "do",   "else", "elseif", "end",  "false", "for",
    "function", "goto",   "if",   "in",   "local",  "nil",  "not",   "or",
    "repeat",   "return", "then", "true", "until",  "while"};
// Longer ones first.
constexpr std::array<std::string_view, 10> long_signs = {
    "...", "..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"};

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<LuaToken> scan() {
    while (skip_blanks()) {
      std::size_t from = at_;
      LuaTokenKind kind = take();
      tokens_.push_back({kind, text_.substr(from, at_ - from), from});
    }
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void go_to(std::size_t at) { at_ = std::min(at, text_.size()); }

  // Blanks and comments; false at the end.
  bool skip_blanks() {
    for (;;) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      if (!text_.substr(at_).starts_with("--")) return at_ < text_.size();
      at_ += 2;
      if (!take_long_text()) go_to(text_.find('\n', at_));
    }
  }

  LuaTokenKind take() {
    char first = peek();
    if (is_letter(first)) {
      while (is_letter(peek()) || is_digit(peek())) ++at_;
      return LuaTokenKind::word;
    }
    if (is_digit(first) || (first == '.' && is_digit(peek(1)))) return take_number();
    if (first == '"' || first == '\'') return take_text(first);
    if (take_long_text()) return LuaTokenKind::text;
    for (std::string_view sign : long_signs)
      if (text_.substr(at_).starts_with(sign)) {
        at_ += sign.size();
        return LuaTokenKind::sign;
      }
    ++at_;
    return LuaTokenKind::sign;
  }

  // As Lua does: all that could belong to a number, whether it is one or not.
  LuaTokenKind take_number() {
    bool hexadecimal = peek() == '0' && (peek(1) | 0x20) == 'x';
    char exponent = hexadecimal ? 'p' : 'e';
    while (is_digit(peek()) || is_letter(peek()) || peek() == '.') {
      bool sign_may_follow = (peek() | 0x20) == exponent;
      ++at_;
      if (sign_may_follow && (peek() == '+' || peek() == '-')) ++at_;
    }
    return LuaTokenKind::number;
  }

  LuaTokenKind take_text(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (text_[at_] == '\\') ++at_;
    go_to(at_ + 1);
    return LuaTokenKind::text;
  }

  // [[...]] or [=[...]=], with as many signs at both ends.
  bool take_long_text() {
    if (peek() != '[') return false;
    std::size_t level = 0;
    while (peek(1 + level) == '=') ++level;
    if (peek(1 + level) != '[') return false;
    std::string close = "]" + std::string(level, '=') + "]";
    std::size_t end = text_.find(close, at_ + level + 2);
    go_to(end == std::string_view::npos ? end : end + close.size());
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<LuaToken> tokens_;
};

}  // namespace

std::vector<LuaToken> lua_tokens(std::string_view expression) { return Scanner(expression).scan(); }

bool is_lua_keyword(std::string_view word) {
  return std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

std::vector<LuaName> lua_names(const std::vector<LuaToken>& tokens) {
  std::vector<LuaName> names;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const LuaToken& token = tokens[i];
    if (token.kind != LuaTokenKind::word || is_lua_keyword(token.text)) continue;
    // In an expression, a single = stands in a table only.
    if (i + 1 < tokens.size() && tokens[i + 1].text == "=") continue;
    std::string_view before = i == 0 ? std::string_view() : tokens[i - 1].text;
    LuaName name{token.text, {}, before == ":"};
    bool member = before == ".";
    if (member && i >= 2 && tokens[i - 2].kind == LuaTokenKind::word)
      name.owner = tokens[i - 2].text;
    if (member && name.owner.empty()) continue;
    names.push_back(name);
  }
  return names;
}

}  // namespace dnstorm::operators
