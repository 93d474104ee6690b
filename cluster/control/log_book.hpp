// The newest lines of the log of a whole cluster, numbered upwards so that a reader can ask for
// what has come since. Bounded: the oldest go first. A value; used by one thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/model/report.hpp"

namespace dnstorm::cluster {

struct NumberedLine {
  std::uint64_t number = 0;
  LogLine line;
};

struct LogQuery {
  std::string topology;     // id, or name of what the id begins with; "": any
  std::string node;         // "": any
  std::string level;        // error | warning | info: that and what is worse; "": any
  std::uint64_t after = 0;  // number: only what has come since
  std::size_t limit = 200;  // the newest of them
};

class LogBook {
 public:
  explicit LogBook(std::size_t lines_max = 10'000) : lines_max_(lines_max) {}

  void add(LogLine line);
  // In the order in which they came.
  std::vector<NumberedLine> read(const LogQuery& query) const;

 private:
  std::size_t lines_max_;
  std::uint64_t last_ = 0;
  std::deque<NumberedLine> lines_;
};

// 0: error, 1: warning, 2: info; nothing for what is no level.
std::optional<int> log_level(std::string_view name);
// Whether `topology` is the id of a log line, or the NAME of NAME-SERIAL-SECONDS.
bool is_of_topology(const LogLine& line, std::string_view topology);

}  // namespace dnstorm::cluster
