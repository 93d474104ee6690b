// Keeps the series that boards show, and copies of what `store` sinks write, for as long as the
// page Traffic looks back: each of them is a *history* of two files of the sink `store`
// (operators/sinks/point_store.hpp) in a folder,
//
//   history/NAME.sqlite   all of it, rolled up             for the page Traffic
//   minutes/NAME.sqlite   that of a minute and longer      for the page Capacity
//
// written on a thread of its own, about once a second. Bounded: a file keeps so many days and so
// many series, the folder so many histories, memory so many rows that could not be written yet;
// what finds no room is told. A window that comes again is written over itself.
//
// Who must know when something is on the disk makes a mark of it: it is settled once it is there,
// or will be waited for no more (it found no room, or the disk does not take it: it waits in
// memory).
//
// Thread-safe. The destructor writes what waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "cli/history/frame_points.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

struct HistoryLimits {
  DurationNs points = 7 * 24 * 3600 * ns_per_s;
  DurationNs rollups = 400 * 24 * 3600 * ns_per_s;
  DurationNs minutes = 100 * 24 * 3600 * ns_per_s;
  std::size_t series_max = 2'000;      // of a history
  std::size_t histories_max = 64;      // the least recently written one goes
  std::size_t rows_waiting = 200'000;  // of a history
};

class HistoryWriter {
 public:
  explicit HistoryWriter(std::string folder, HistoryLimits limits = {});
  ~HistoryWriter();

  // `name`: of the history, as a file's.
  void add(const std::string& name, SeriesFrame series) { add(name, std::move(series), mark()); }
  void add(const std::string& name, SeriesFrame series, std::uint64_t mark);

  std::uint64_t mark();
  void settle(std::uint64_t mark);  // of what will not be added
  bool is_settled(std::uint64_t mark) const;

  std::string history_file(const std::string& name) const;
  std::string minutes_file(const std::string& name) const;

  // What people should know of a history, each once.
  std::vector<std::string> take_notes(const std::string& name);

 private:
  struct Kept;  // a history
  struct Marked {
    SeriesFrame series;
    std::uint64_t mark = 0;
  };
  struct Waiting {
    std::deque<Marked> frames;
    std::size_t rows = 0;
    std::size_t lost = 0;  // rows that found no room, and are not told of yet
  };
  void run();
  void write(const std::string& name, std::deque<Marked> frames);
  void put_back(const std::string& name, std::deque<Marked> frames);
  void note(const std::string& name, const std::string& text);
  Kept* kept_for(const std::string& name);
  void make_room();

  const std::string folder_;
  const HistoryLimits limits_;
  std::map<std::string, std::unique_ptr<Kept>> kept_;  // used by the thread alone
  mutable std::mutex mutex_;                           // guards what follows
  std::condition_variable news_;
  std::map<std::string, Waiting> waiting_;
  std::map<std::string, std::vector<std::string>> notes_;
  std::uint64_t marks_ = 0;
  std::unordered_set<std::uint64_t> unsettled_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dnstorm::cli
