// Security events that a run has written, for a board without one: points of the sink `store` (with
// `unbounded_tags`), or lines of `json_lines`, by dnstorm's names of fields or by ECS'. Another
// process may still be writing the file: what it adds is read when it is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>

#include "cli/event_log.hpp"
#include "engine/base/result.hpp"
#include "engine/sqlite/sqlite.hpp"

namespace dnstorm::cli {

class StoredEvents {
 public:
  StoredEvents(std::string path, EventLog& log) : path_(std::move(path)), log_(log) {}

  // Gives the log what the file has, and from the second call on what has come since: how many rows
  // were events; of an event the last row counts. Points and lines that are none are passed over.
  // Work is that of what is new; where the file is as it was, a look at its time. Errors: no_input,
  // io, data; the next call tries again.
  Result<std::size_t> read();

  const std::string& path() const { return path_; }

 private:
  // Times and sizes of the file and of SQLite's log beside it: one of them changes with any write.
  struct State {
    std::array<std::filesystem::file_time_type, 2> times = {};
    std::array<std::uintmax_t, 2> sizes = {};
    bool operator==(const State&) const = default;
  };
  State state() const;
  Result<std::size_t> read_anew();
  Result<std::size_t> read_points();
  Result<std::size_t> read_points(SqliteDatabase& store, TimeNs from);
  Result<std::size_t> read_lines(std::ifstream& file);

  std::string path_;
  EventLog& log_;
  State known_;
  // Of a store: the newest rows that were taken, and the last series.
  std::set<std::pair<TimeNs, std::int64_t>> taken_;
  std::int64_t last_series_ = 0;
  // Of lines: where the first begins that was not whole.
  std::streamoff read_to_ = 0;
};

}  // namespace dnstorm::cli
