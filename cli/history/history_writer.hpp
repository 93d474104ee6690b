// Keeps the series that boards show, for as long as the page Traffic looks back: each topology has
// two files of the sink `store` (operators/sinks/point_store.hpp) in a folder,
//
//   history/NAME.sqlite   all of them, rolled up           for the page Traffic
//   minutes/NAME.sqlite   those of a minute and longer     for the page Capacity
//
// written on a thread of its own, about once a second. Bounded: a file keeps so many days and so
// many series, the folder so many topologies, memory so many rows that could not be written yet;
// what finds no room is told. A window that comes again is written over itself.
//
// Thread-safe. The destructor writes what waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cli/history/frame_points.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::cli {

struct HistoryLimits {
  DurationNs points = 7 * 24 * 3600 * ns_per_s;
  DurationNs rollups = 400 * 24 * 3600 * ns_per_s;
  DurationNs minutes = 100 * 24 * 3600 * ns_per_s;
  std::size_t series_max = 2'000;      // of a topology
  std::size_t topologies_max = 64;     // the least recently written one goes
  std::size_t rows_waiting = 200'000;  // of a topology
};

class HistoryWriter {
 public:
  explicit HistoryWriter(std::string folder, HistoryLimits limits = {});
  ~HistoryWriter();

  // `topology`: its name as a file's.
  void add(const std::string& topology, SeriesFrame series);

  std::string history_file(const std::string& topology) const;
  std::string minutes_file(const std::string& topology) const;

  // What people should know of the history of a topology, each once.
  std::vector<std::string> take_notes(const std::string& topology);

 private:
  struct Kept;  // of a topology
  struct Waiting {
    std::deque<SeriesFrame> frames;
    std::size_t rows = 0;
    std::size_t lost = 0;  // rows that found no room, and are not told of yet
  };
  void run();
  void write(const std::string& topology, std::deque<SeriesFrame> frames);
  void put_back(const std::string& topology, std::deque<SeriesFrame> frames);
  void note(const std::string& topology, const std::string& text);
  Kept* kept_for(const std::string& topology);
  void make_room();

  const std::string folder_;
  const HistoryLimits limits_;
  std::map<std::string, std::unique_ptr<Kept>> kept_;  // used by the thread alone
  std::mutex mutex_;                                   // guards what follows
  std::condition_variable news_;
  std::map<std::string, Waiting> waiting_;
  std::map<std::string, std::vector<std::string>> notes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dnstorm::cli
