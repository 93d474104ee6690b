// How far a command has come: a line on standard error that is written over. On a terminal only; a
// log file gets nothing. One thread.
#pragma once

#include <cstdint>
#include <string>

namespace dnstorm::cli {

class TerminalLine {
 public:
  TerminalLine();
  // A step is done. Whether the line is to be shown: after each `every` steps.
  bool step(std::uint64_t every) { return enabled_ && ++steps_ % every == 0; }
  std::uint64_t steps() const { return steps_; }
  void show(const std::string& text);
  // What follows begins on an empty line.
  void clear() const;

 private:
  bool enabled_;
  bool shown_ = false;
  std::uint64_t steps_ = 0;
};

// "1,234,567"
std::string thousands(std::uint64_t number);

}  // namespace dnstorm::cli
