// What events are not to be told of until a time: a rule a line, UNTIL DETECTOR KEY.
//
//   2026-12-01            random_subdomain  example.com     # and all below it
//   2026-11-28T06:30:00Z  *                 192.0.2.0/24    # a load test
//   never                 zone_scan         *
//
// `never`: without an end. `*` is any. # begins a comment. A value.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "operators/detect/allow_list.hpp"

namespace dnstorm::operators {

class MuteList {
 public:
  // Fails with kind `config`; the error says which line is wrong.
  static Result<MuteList> parse(const std::vector<std::string>& lines);

  // Whether a rule that has not ended at that time is about the event.
  bool contains(TimeNs time, std::string_view detector, std::string_view key) const;
  std::size_t size() const { return rules_.size(); }

 private:
  struct Rule {
    TimeNs until = 0;
    std::string detector;  // "*": any
    bool any_key = false;
    AllowList keys;
  };
  static Result<Rule> parse_rule(const std::vector<std::string>& words);
  std::vector<Rule> rules_;
};

// The lines of a file; none if there is no such file, for it may come later.
Result<std::vector<std::string>> read_rule_lines(const std::string& path);
// Words between blanks, up to a #.
std::vector<std::string> rule_words(const std::string& line);

}  // namespace dnstorm::operators
