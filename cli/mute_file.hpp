// The file of mutes that an `events` operator reads again and again (operators/detect/events.md),
// as the board changes it: the rules that stand in it, one more, one less. What people have written
// into it stays. A file is replaced as a whole, so nobody reads half of one.
#pragma once

#include <string>
#include <vector>

#include "operators/detect/mute_list.hpp"

namespace dnstorm::cli {

struct MuteRule {
  std::string until, detector, key;  // as written: "never", "2026-12-01", "*"
  TimeNs until_ns = 0;               // time_max: never
  std::string note;                  // behind the #
  operators::MuteList list = {};     // of this rule alone

  std::string words() const { return until + " " + detector + " " + key; }
  // Whether it holds at that time and is about such events.
  bool covers(TimeNs now, const std::string& found_by, const std::string& about) const {
    return list.contains(now, found_by, about);
  }
};

inline constexpr std::size_t mute_rules_max = 1000;

// Of these lines; those that are no rules are passed over.
std::vector<MuteRule> mute_rules(const std::vector<std::string>& lines);

// Of what stands in the file. No file: no rules. Errors: io.
Result<std::vector<MuteRule>> read_mutes(const std::string& path);

// Errors: usage (no such rule can be written), io, permission.
Result<void> add_mute(const std::string& path, const std::string& until,
                      const std::string& detector, const std::string& key, const std::string& note);

// All lines of these words (MuteRule::words). Errors: usage (there is none), io, permission.
Result<void> remove_mute(const std::string& path, const std::string& words);

}  // namespace dnstorm::cli
