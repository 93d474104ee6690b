#include "cli/mute_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/parse_time.hpp"

namespace dnstorm::cli {

namespace {

using operators::read_rule_lines;
using operators::rule_words;

constexpr std::size_t note_bytes_max = 300;

Result<MuteRule> parse_rule(const std::string& line) {
  const std::vector<std::string> words = rule_words(line);
  MuteRule rule;
  rule.list = DNSTORM_TRY(operators::MuteList::parse({line}));
  if (words.size() != 3) return Error{ErrorKind::usage, "no rule", ""};
  rule.until = words[0];
  rule.detector = words[1];
  rule.key = words[2];
  rule.until_ns = words[0] == "never" ? time_max : parse_time(words[0]).value_or(time_max);
  if (const std::size_t sign = line.find('#'); sign != std::string::npos) {
    const std::size_t begin = line.find_first_not_of("# \t", sign);
    if (begin != std::string::npos) rule.note = line.substr(begin);
  }
  return rule;
}

// One line, whatever is in it.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  if (text.size() > note_bytes_max) text.resize(note_bytes_max);
  return text;
}

Error failure(const std::string& path) {
  return {errno == EACCES || errno == EPERM ? ErrorKind::permission : ErrorKind::io,
          fmt::format("{}: cannot be written: {}", path, std::strerror(errno)), ""};
}

Result<void> replace(const std::string& path, const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  const std::string fresh = path + ".new";
  std::FILE* file = std::fopen(fresh.c_str(), "we");
  if (file == nullptr) return failure(fresh);
  struct stat before {};
  // Whoever could read it still can.
  if (::stat(path.c_str(), &before) == 0)
    static_cast<void>(::fchmod(::fileno(file), before.st_mode));
  bool good = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0 && good;
  good = std::fclose(file) == 0 && good;
  if (good && std::rename(fresh.c_str(), path.c_str()) == 0) return {};
  Error failed = failure(path);
  ::unlink(fresh.c_str());
  return failed;
}

}  // namespace

std::vector<MuteRule> mute_rules(const std::vector<std::string>& lines) {
  std::vector<MuteRule> rules;
  for (const std::string& line : lines)
    if (auto rule = parse_rule(line); rule.ok()) rules.push_back(std::move(*rule));
  return rules;
}

Result<std::vector<MuteRule>> read_mutes(const std::string& path) {
  return mute_rules(DNSTORM_TRY(read_rule_lines(path)));
}

Result<void> add_mute(const std::string& path, const std::string& until,
                      const std::string& detector, const std::string& key,
                      const std::string& note) {
  const std::string words = until + " " + detector + " " + key;
  auto rule = parse_rule(words);
  if (!rule.ok() || rule->words() != words)
    return Error{ErrorKind::usage,
                 fmt::format("'{}' cannot be written as a mute: UNTIL DETECTOR KEY, a word each; "
                             "a key is a domain, an address or a network, or * for all",
                             words),
                 ""};
  std::vector<std::string> lines = DNSTORM_TRY(read_rule_lines(path));
  if (lines.size() >= mute_rules_max)
    return Error{ErrorKind::usage,
                 fmt::format("{} has {} lines already: take old ones out", path, lines.size()), ""};
  lines.push_back(words + (note.empty() ? "" : "  # " + one_line(note)));
  return replace(path, lines);
}

Result<void> remove_mute(const std::string& path, const std::string& words) {
  std::vector<std::string> lines = DNSTORM_TRY(read_rule_lines(path));
  const std::size_t gone = std::erase_if(lines, [&](const std::string& line) {
    auto rule = parse_rule(line);
    return rule.ok() && rule->words() == words;
  });
  if (gone == 0)
    return Error{ErrorKind::usage, fmt::format("{} has no mute '{}'", path, words), ""};
  return replace(path, lines);
}

}  // namespace dnstorm::cli
