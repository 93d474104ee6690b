#include "operators/detect/mute_list.hpp"

#include <fmt/format.h>
#include <time.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

namespace dnstorm::operators {

namespace {

// "2026-12-01", "2026-12-01T06:30:00Z", in UTC.
std::optional<TimeNs> parse_day_or_time(const std::string& text) {
  for (const char* form : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"}) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    // Beyond the years that nanoseconds since 1970 can name.
    if (end == nullptr || *end != 0 || parts.tm_year < 70 || parts.tm_year > 350) continue;
    return TimeNs{::timegm(&parts)} * ns_per_s;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> rule_words(const std::string& line) {
  std::istringstream in(line.substr(0, line.find('#')));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

Result<std::vector<std::string>> read_rule_lines(const std::string& path) {
  std::error_code problem;
  if (!std::filesystem::exists(path, problem) && !problem) return std::vector<std::string>{};
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (!file.eof())
    return Error{ErrorKind::io, fmt::format("cannot read {}: {}", path, std::strerror(errno)), ""};
  return lines;
}

Result<MuteList::Rule> MuteList::parse_rule(const std::vector<std::string>& words) {
  if (words.size() != 3)
    return Error{ErrorKind::config,
                 fmt::format("a rule has three words, UNTIL DETECTOR KEY, not {}", words.size()),
                 "mute"};
  auto until = words[0] == "never" ? std::optional(time_max) : parse_day_or_time(words[0]);
  if (!until)
    return Error{
        ErrorKind::config,
        fmt::format("'{}' is no time: write never, 2026-12-01 or 2026-12-01T06:30:00Z", words[0]),
        "mute"};
  Rule rule{*until, words[1], words[2] == "*", {}};
  if (!rule.any_key) rule.keys = DNSTORM_TRY(AllowList::parse({words[2]}));
  return rule;
}

Result<MuteList> MuteList::parse(const std::vector<std::string>& lines) {
  MuteList list;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::vector<std::string> words = rule_words(lines[i]);
    if (words.empty()) continue;
    auto rule = parse_rule(words);
    if (!rule.ok())
      return Error{ErrorKind::config, fmt::format("line {}: {}", i + 1, rule.error().what), "mute"};
    list.rules_.push_back(std::move(*rule));
  }
  return list;
}

bool MuteList::contains(TimeNs time, std::string_view detector, std::string_view key) const {
  for (const Rule& rule : rules_)
    if (time < rule.until && (rule.detector == "*" || rule.detector == detector) &&
        (rule.any_key || rule.keys.contains(key)))
      return true;
  return false;
}

}  // namespace dnstorm::operators
