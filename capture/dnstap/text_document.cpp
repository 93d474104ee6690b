#include "capture/dnstap/text_document.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "engine/base/assert.hpp"

namespace dnstorm::capture::dnstap {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

std::string_view without_quotes(std::string_view text) {
  bool quoted = text.size() >= 2 && text.front() == text.back() &&
                (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

template <class T>
std::optional<T> number(std::string_view text, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Digits behind the point; more than nine say nothing that a TimeNs could hold.
std::optional<DurationNs> fraction(std::string_view digits) {
  digits = digits.substr(0, 9);
  auto value = number<std::uint32_t>(digits);
  if (!value) return std::nullopt;
  DurationNs ns = *value;
  for (std::size_t i = digits.size(); i < 9; ++i) ns *= 10;
  return ns;
}

// "!!timestamp 2026-11-21 17:42:30.663982" and "2026-11-21T17:42:30Z": UTC, 1970 to 2261.
std::optional<TimeNs> time_of(std::string_view text) {
  constexpr std::string_view tag = "!!timestamp";
  if (text.starts_with(tag)) text = trimmed(text.substr(tag.size()));
  text = without_quotes(text);
  if (text.ends_with('Z')) text.remove_suffix(1);
  constexpr std::string_view form = "dddd-dd-dd?dd:dd:dd";
  if (text.size() < form.size()) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i) {
    bool fits = form[i] == 'd'   ? text[i] >= '0' && text[i] <= '9'
                : form[i] == '?' ? text[i] == 'T' || text[i] == ' '
                                 : text[i] == form[i];
    if (!fits) return std::nullopt;
  }
  auto part = [&](std::size_t at, std::size_t n) { return *number<unsigned>(text.substr(at, n)); };
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(part(0, 4))),
                                   std::chrono::month(part(5, 2)), std::chrono::day(part(8, 2))};
  if (!date.ok() || part(0, 4) < 1970 || part(0, 4) > 2261) return std::nullopt;
  if (part(11, 2) > 23 || part(14, 2) > 59 || part(17, 2) > 60) return std::nullopt;
  auto days = std::chrono::sys_days(date).time_since_epoch().count();
  TimeNs time =
      (TimeNs{days} * 86400 + part(11, 2) * 3600 + part(14, 2) * 60 + part(17, 2)) * ns_per_s;
  std::string_view rest = text.substr(form.size());
  if (rest.empty()) return time;
  if (rest.front() != '.') return std::nullopt;
  auto more = fraction(rest.substr(1));
  if (!more) return std::nullopt;
  return time + *more;
}

bool take_time(std::string_view value, bool& has, TimeNs& out) {
  auto time = time_of(value);
  has = time.has_value();
  out = time.value_or(0);
  return has;
}
bool take_port(std::string_view value, bool& has, std::uint16_t& out) {
  auto port = number<std::uint16_t>(without_quotes(value));
  has = port.has_value();
  out = port.value_or(0);
  return has;
}

}  // namespace

bool TextDocument::begins(std::string_view head) {
  while (!head.empty()) {
    std::string_view line = head.substr(0, head.find('\n'));
    head.remove_prefix(std::min(head.size(), line.size() + 1));
    line = line.substr(0, line.find('\r'));
    if (trimmed(line).empty() || line.starts_with('#') || line.starts_with('%') || line == "---")
      continue;
    constexpr std::string_view key = "type:";
    return line.starts_with(key) && without_quotes(trimmed(line.substr(key.size()))) == "MESSAGE";
  }
  return false;
}

std::size_t TextDocument::find_end(std::string_view text, std::size_t from, std::size_t& size) {
  size = std::string_view::npos;
  if (from == 0 && (text.starts_with("---\n") || text.starts_with("---\r\n"))) {
    size = 0;
    return text.find('\n') + 1;
  }
  for (std::size_t at = from; (at = text.find("\n---", at)) != std::string_view::npos; ++at) {
    std::size_t end = at + 4;
    if (end < text.size() && text[end] == '\r') ++end;
    if (end >= text.size() || text[end] != '\n') continue;
    size = at + 1;
    return end + 1 - size;
  }
  return 0;
}

void TextDocument::reset() {
  frame_ = {};
  error_ = DecodeError::none;
  has_something_ = has_type_ = has_message_ = false;
  place_ = Place::top;
  message_indent_ = 0;
  query_.there = response_.there = false;
  literal_ = nullptr;
  kept_.clear();
}

bool TextDocument::read(std::string_view text, std::vector<std::uint8_t>& frame) {
  reset();
  // A field holds no more octets than its line has: "x: ::" is the shortest that holds sixteen.
  kept_.reserve(text.size() + 512);
  while (!text.empty() && error_ == DecodeError::none) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    take_line(line);
  }
  if (!has_something_) return false;
  DecodeError error = error_ == DecodeError::none ? finish() : error_;
  if (error == DecodeError::none)
    encode(frame_, frame);
  else
    encode(error, frame);
  return true;
}

void TextDocument::take_line(std::string_view line) {
  std::size_t indent = line.find_first_not_of(' ');
  bool blank = trimmed(line).empty();
  if (literal_ != nullptr) {
    if (blank) return;
    if (literal_indent_ == 0 && indent > literal_parent_) literal_indent_ = indent;
    if (literal_indent_ != 0 && indent >= literal_indent_)
      return literal_->parser.line(line.substr(literal_indent_));
    literal_ = nullptr;
  }
  if (blank || line[indent] == '#' || line[indent] == '%') return;
  if (indent == 0 && (line == "..." || line == "---")) return;
  has_something_ = true;
  take_key(indent, line.substr(indent));
}

void TextDocument::take_key(std::size_t indent, std::string_view line) {
  // Deeper than a message's fields: the policy's, or data in a form that is passed over.
  if (place_ == Place::message && message_indent_ == 0) message_indent_ = indent;
  if (place_ != Place::top && indent > message_indent_ && message_indent_ != 0) {
    std::size_t colon = line.find(':');
    if (place_ == Place::policy && colon != std::string_view::npos &&
        !take_policy(line.substr(0, colon), trimmed(line.substr(colon + 1))))
      fail(DecodeError::text_value);
    return;
  }
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return fail(DecodeError::text_syntax);
  std::string_view key = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
  if (indent == 0) {
    place_ = Place::top;
    if (!take_top(key, value)) fail(DecodeError::text_value);
    return;
  }
  if (place_ == Place::top) return;  // below a field that is not known
  if (indent != message_indent_) return fail(DecodeError::text_syntax);
  place_ = key == "policy" ? Place::policy : Place::message;
  if (key == "query_message" && value.starts_with('|')) return open_literal(query_, indent);
  if (key == "response_message" && value.starts_with('|')) return open_literal(response_, indent);
  if (!take_message(key, value)) fail(DecodeError::text_value);
}

void TextDocument::open_literal(Literal& literal, std::size_t indent) {
  if (literal.there) return fail(DecodeError::text_syntax);
  literal.there = true;
  literal.parser.begin();
  literal_ = &literal;
  literal_parent_ = indent;
  literal_indent_ = 0;
}

bool TextDocument::take_top(std::string_view key, std::string_view value) {
  if (key == "type") {
    has_type_ = true;
    if (without_quotes(value) != "MESSAGE") fail(DecodeError::unknown_type);
  } else if (key == "message") {
    has_message_ = true;
    place_ = Place::message;
  } else if (key == "identity") {
    frame_.identity = keep_scalar(value);
  } else if (key == "version") {
    frame_.version = keep_scalar(value);
  } else if (key == "extra") {
    frame_.extra = keep_scalar(value);
  }
  return true;
}

bool TextDocument::take_message(std::string_view key, std::string_view value) {
  if (key == "type") {
    auto type = parse_message_type(without_quotes(value));
    if (!type) fail(DecodeError::unknown_type);
    frame_.type = type.value_or(MessageType{});
  } else if (key == "query_time") {
    return take_time(value, frame_.has_query_time, frame_.query_time);
  } else if (key == "response_time") {
    return take_time(value, frame_.has_response_time, frame_.response_time);
  } else if (key == "socket_family") {
    frame_.family = parse_socket_family(without_quotes(value)).value_or(SocketFamily::none);
  } else if (key == "socket_protocol") {
    frame_.protocol = parse_socket_protocol(without_quotes(value)).value_or(SocketProtocol::none);
  } else if (key == "http_protocol") {
    frame_.http_protocol = parse_http_protocol(without_quotes(value)).value_or(HttpProtocol::none);
  } else if (key == "query_address") {
    return keep_address(value, frame_.query_address);
  } else if (key == "response_address") {
    return keep_address(value, frame_.response_address);
  } else if (key == "query_port") {
    return take_port(value, frame_.has_query_port, frame_.query_port);
  } else if (key == "response_port") {
    return take_port(value, frame_.has_response_port, frame_.response_port);
  } else if (key == "query_zone") {
    frame_.query_zone = keep_name(without_quotes(value));
    return frame_.query_zone.data() != nullptr;
  }
  return true;
}

bool TextDocument::take_policy(std::string_view key, std::string_view value) {
  Policy& policy = frame_.policy;
  frame_.has_policy = true;
  if (key == "type") {
    auto type = keep_scalar(value);
    policy.type = {reinterpret_cast<const char*>(type.data()), type.size()};
  } else if (key == "rule") {
    policy.rule = keep_name(without_quotes(value));
    if (policy.rule.data() == nullptr) policy.rule = keep_scalar(value);
  } else if (key == "value") {
    policy.value = keep_scalar(value);
  } else if (key == "action") {
    policy.action = parse_policy_action(without_quotes(value)).value_or(Policy::Action::none);
  } else if (key == "match") {
    policy.match = parse_policy_match(without_quotes(value)).value_or(Policy::Match::none);
  }
  return true;
}

std::span<const std::uint8_t> TextDocument::keep(std::string_view text) {
  DNSTORM_ASSERT(kept_.capacity() - kept_.size() >= text.size(), "fields are as long as their text",
                 kept_.size(), text.size());
  std::size_t at = kept_.size();
  kept_.insert(kept_.end(), text.begin(), text.end());
  return {kept_.data() + at, text.size()};
}

// Plain, 'single' or "double" with the escapes that the programs write.
std::span<const std::uint8_t> TextDocument::keep_scalar(std::string_view value) {
  bool escaped = value.size() >= 2 && value.front() == '"';
  std::string_view text = without_quotes(value);
  if (!escaped) return keep(text);
  std::size_t begin = kept_.size();
  for (std::size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == '\\' && at + 1 < text.size()) {
      c = text[++at];
      auto code = c == 'x' ? number<std::uint8_t>(text.substr(at + 1, 2), 16) : std::nullopt;
      if (code) at += std::min<std::size_t>(2, text.size() - at - 1);
      c = code       ? static_cast<char>(*code)
          : c == 'n' ? '\n'
          : c == 't' ? '\t'
          : c == 'r' ? '\r'
          : c == '0' ? '\0'
                     : c;
    }
    keep({&c, 1});
  }
  return {kept_.data() + begin, kept_.size() - begin};
}

// Null where it is no domain name.
std::span<const std::uint8_t> TextDocument::keep_name(std::string_view value) {
  auto name = dns::encode_name(value);
  if (value.empty() || !name) return {};
  return keep({reinterpret_cast<const char*>(name->bytes.data()), name->size});
}

bool TextDocument::keep_address(std::string_view value, std::span<const std::uint8_t>& out) {
  auto ip = parse_ip(without_quotes(value));
  if (!ip) return false;
  std::string_view bytes(reinterpret_cast<const char*>(ip->bytes.data()), ip->bytes.size());
  out = keep(bytes.substr(ip->is_v4() ? 12 : 0));
  return true;
}

bool TextDocument::close_literal(Literal& literal, std::span<const std::uint8_t>& out) {
  if (!literal.there) return true;
  auto wire = literal.parser.finish();
  if (wire) out = *wire;
  return wire.has_value();
}

DecodeError TextDocument::finish() {
  if (!has_type_) return DecodeError::missing_type;
  if (!has_message_) return DecodeError::missing_message;
  if (frame_.type == MessageType{}) return DecodeError::missing_type;
  bool whole = close_literal(query_, frame_.query_message) &&
               close_literal(response_, frame_.response_message);
  return whole ? DecodeError::none : DecodeError::text_message;
}

}  // namespace dnstorm::capture::dnstap
