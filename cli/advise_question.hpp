// The question of `dnstorm advise` as people write it: as options of its command line, and as
// arguments of the board's page Capacity. Both are read here, so that the same words get the same
// numbers.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "operators/season/advice.hpp"

namespace dnstorm::cli {

struct QuestionText {
  std::string prefix = "--";  // of names in what is said of wrong ones
  std::string window = "2h", now = {}, move = "by-load";
  std::vector<std::string> limits = {};  // [SERVER=]RATE; of the same server the last one counts
  std::vector<std::string> holidays = {}, away = {};
  double share = 80, risk = 5;  // percent
  double threshold = 0;
  int weeks = 4;
  std::size_t top = 5;
};

// What is wrong with an option or an argument.
Error wrong_option(const std::string& option, const std::string& what);
Result<DurationNs> read_duration(const std::string& option, const std::string& text, DurationNs min,
                                 DurationNs max);
// Nothing of an empty text.
Result<std::optional<TimeNs>> read_time(const std::string& option, const std::string& text);
Result<operators::AdviceQuestion> read_question(const QuestionText& text);

// Whether all servers that are named are known.
Result<void> check_names(const operators::AdviceQuestion& question, const operators::Pasts& pasts,
                         const std::string& prefix);

}  // namespace dnstorm::cli
