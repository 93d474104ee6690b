// A file of rules that is read again when it has changed. A broken one leaves the rules as they
// were. Used by one task.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "operators/detect/mute_list.hpp"

namespace dnstorm::operators {

class RuleFile {
 public:
  explicit RuleFile(std::string path) : path_(std::move(path)) {}
  bool given() const { return !path_.empty(); }
  const std::string& path() const { return path_; }

  // Whether it is another than when it was asked for last. Time and size say so.
  bool changed() {
    std::error_code problem;
    State now{true, {}, 0};
    now.time = std::filesystem::last_write_time(path_, problem);
    if (!problem) now.size = std::filesystem::file_size(path_, problem);
    if (problem) now = {true, {}, 0};
    return std::exchange(state_, now) != now;
  }

 private:
  struct State {
    bool asked = false;
    std::filesystem::file_time_type time;
    std::uintmax_t size = 0;
    bool operator==(const State&) const = default;
  };
  std::string path_;
  State state_;
};

}  // namespace dnstorm::operators
