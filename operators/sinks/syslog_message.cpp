#include "operators/sinks/syslog_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "operators/sinks/json_text.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::array facilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                   "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                   "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                   "local2", "local3", "local4", "local5", "local6",   "local7"};
constexpr std::array severities = {"emerg",   "alert",  "crit", "err",
                                   "warning", "notice", "info", "debug"};
constexpr std::array<std::pair<std::string_view, int>, 7> longer = {{{"emergency", 0},
                                                                     {"panic", 0},
                                                                     {"critical", 2},
                                                                     {"error", 3},
                                                                     {"warn", 4},
                                                                     {"informational", 6},
                                                                     {"information", 6}}};

constexpr std::size_t host_max = 255;
constexpr std::size_t app_max = 48;
constexpr std::size_t process_max = 128;
constexpr std::size_t message_id_max = 32;
constexpr std::size_t parameter_max = 32;

template <class Names>
std::optional<int> index_of(const Names& names, std::string_view name) {
  auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<int>(found - names.begin());
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// RFC 5424 knows microseconds at most.
std::string timestamp(TimeNs time) { return format_time(time - time % ns_per_us); }

// A name within structured data: no =, ], ", blank.
std::string parameter_name(std::string_view text) {
  std::string name = syslog_name(text, parameter_max);
  for (char& c : name)
    if (c == '=' || c == ']' || c == '"') c = '_';
  return name;
}

// Control characters would let a hostile name forge lines in a log.
void append_clean(std::string& out, std::string_view text, bool in_data) {
  while (!text.empty()) {
    std::size_t length = utf8_length(text);
    unsigned char c = static_cast<unsigned char>(text.front());
    if (length == 0 || c < ' ' || c == 0x7f) {
      out += "\xef\xbf\xbd";
      length = 1;
    } else {
      if (in_data && (c == '"' || c == '\\' || c == ']')) out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

// At most so many bytes, never a part of a character.
std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::optional<CellReader> cell_of(const Schema& schema, const std::string& name) {
  auto index = schema.find(name);
  if (name.empty() || !index) return std::nullopt;
  return CellReader::of(schema, *index);
}

}  // namespace

std::optional<int> syslog_facility(std::string_view name) { return index_of(facilities, name); }

std::optional<int> syslog_severity(std::string_view name) {
  std::string small = lower(name);
  if (auto found = index_of(severities, small)) return found;
  for (const auto& [word, number] : longer)
    if (word == small) return number;
  if (small.size() == 1 && small[0] >= '0' && small[0] <= '7') return small[0] - '0';
  return std::nullopt;
}

std::string syslog_name(std::string_view text, std::size_t longest) {
  std::string name(text.substr(0, longest));
  for (char& c : name)
    if (c <= ' ' || c >= 0x7f) c = '_';
  return name.empty() ? "-" : name;
}

SyslogMessage::SyslogMessage(const SyslogSettings& settings, const Schema& schema,
                             const std::string& source)
    : settings_(settings),
      source_(source),
      head_(fmt::format(
          " {} {} {} {} ", syslog_name(settings.host, host_max), syslog_name(settings.app, app_max),
          syslog_name(settings.process, process_max), syslog_name(source, message_id_max))),
      severity_(cell_of(schema, settings.severity_field)),
      message_(cell_of(schema, settings.message_field)) {
  for (const std::string& name : settings.fields)
    if (auto cell = cell_of(schema, name)) cells_.push_back(*cell);
  for (std::size_t i = 0; settings.fields.empty() && i < schema.size(); ++i)
    cells_.push_back(CellReader::of(schema, i));
}

int SyslogMessage::severity_of(const RowView& row) const {
  if (!severity_) return settings_.severity;
  std::string text = severity_->text(row);
  if (auto found = settings_.severities.find(text); found != settings_.severities.end())
    return found->second;
  return syslog_severity(text).value_or(settings_.severity);
}

std::string SyslogMessage::data_of(const RowView& row) const {
  if (settings_.data_id.empty() || cells_.empty()) return "-";
  std::string data = "[" + settings_.data_id;
  for (const CellReader& cell : cells_) {
    data += " " + parameter_name(cell.name) + "=\"";
    append_clean(data, cell.text(row), true);
    data += '"';
  }
  return data + "]";
}

std::string SyslogMessage::text_of(const RowView& row) const {
  std::string text;
  if (message_) {
    append_clean(text, message_->text(row), false);
    return text;
  }
  text = source_ + ":";
  for (const CellReader& cell : cells_) {
    text += " " + cell.name + "=";
    append_clean(text, cell.text(row), false);
  }
  return text;
}

std::string SyslogMessage::plain(int severity, TimeNs time, std::string_view text) const {
  std::string out = fmt::format("<{}>1 {}", settings_.facility * 8 + severity, timestamp(time));
  return out + head_ + "- " + std::string(text);
}

void SyslogMessage::append(std::string& out, const RowView& row, TimeNs time) const {
  std::string text =
      fmt::format("<{}>1 {}", settings_.facility * 8 + severity_of(row), timestamp(time)) + head_;
  std::string data = data_of(row);
  std::string message = text_of(row);
  if (!message.empty()) message.insert(0, 1, ' ');
  // Half of a structure is none: it goes as a whole.
  text += text.size() + data.size() + message.size() > settings_.max_bytes ? "-" : data;
  text += message;
  out += cut(text, settings_.max_bytes);
}

}  // namespace dnstorm::operators
