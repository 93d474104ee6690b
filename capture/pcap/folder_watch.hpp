// The capture files of a folder, those that are there and those that come, by inotify(7).
//
// open() -> changes() again and again. A file is told once, when it is complete: at the beginning
// if nobody has it open for writing, later when it is closed after writing or renamed into place.
// One that is renamed after it was told (x.pcap -> x.pcap.1) is told as renamed: no new file.
// Names that begin with a dot or end in .tmp or .part are unfinished. At the beginning files come
// in the order of their names. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::pcap {

class FolderWatch {
 public:
  struct Changes {
    struct Renamed {
      std::string from, to;
    };
    // Paths, to be taken in this order.
    std::vector<std::string> gone;
    std::vector<Renamed> renamed;
    std::vector<std::string> complete;
  };

  // "folder" or "folder/pattern" (glob(7), in the last part only).
  // Errors: no_input (no such folder), unavailable (no inotify).
  static Result<FolderWatch> open(const std::string& where);
  FolderWatch(FolderWatch&& other) noexcept;
  FolderWatch& operator=(FolderWatch&&) = delete;
  ~FolderWatch();

  // Waits up to `wait` for the first change. A file that came and went since the last call is not
  // told. Errors: io (the folder went away).
  Result<Changes> changes(DurationNs wait);

 private:
  struct Move {
    std::uint32_t cookie = 0;  // the same of both events of a move
    std::string name;
  };

  FolderWatch(int fd, std::string folder, std::string pattern)
      : fd_(fd), folder_(std::move(folder)), pattern_(std::move(pattern)) {}
  void list(Changes& out);
  void take(const std::string& name, Changes& out);
  void leave(const std::string& name, Changes& out);
  void rename(const std::string& from, const std::string& to, Changes& out);
  void end_move(Changes& out);
  void take_events(const char* buffer, std::size_t size, Changes& out);
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  bool wanted(const std::string& name) const;

  int fd_;
  std::string folder_, pattern_;
  std::set<std::string> told_;  // names that are still there
  std::optional<Move> moved_from_;  // the last event, if it was one
  bool listed_ = false;
  bool gone_ = false;  // the folder
};

}  // namespace dnstorm::capture::pcap
