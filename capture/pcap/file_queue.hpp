// Packets of several capture files as one stream: one file after the other, or merged by time.
//
// open() -> next() again and again. Merged files are opened when their first packet's time has
// come, so that rotated captures, which hardly overlap, need few open files at once; two packets
// of the same time come in the order of their files. add() appends a file (order `files` only):
// after Read::end, next() goes on with it. Where the queue stands is positions(), and seek() goes
// there again. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap {

enum class FileOrder : std::uint8_t { files, time };

class FileQueue {
 public:
  struct Position {
    std::string path;
    std::uint64_t taken = 0;  // packets handed out
    bool done = false;
  };

  using OpenFile = std::function<Result<std::unique_ptr<FileReader>>(const std::string& path)>;

  // Looks at every file: errors as `open_file`, which opens one.
  static Result<FileQueue> open(
      const std::vector<std::string>& files, FileOrder order,
      OpenFile open_file = [](const std::string& path) { return FileReader::open(path); });

  void add(std::string path);
  // Takes a file that is done out of the positions.
  void forget(const std::string& path);
  // A file that is done has another name now.
  void rename(const std::string& from, const std::string& to);

  // The packet's bytes hold until the next call. After Read::error comes error(); going on after it
  // leaves that file.
  Read next(Packet& out);
  const Error& error() const { return *error_; }

  std::vector<Position> positions() const;
  // As if the last packet had not been handed out yet.
  std::vector<Position> positions_before_last() const;
  // Stands behind the packets that were handed out when these positions were taken; before the
  // first next(). Errors: data (a file has fewer packets), and as open().
  Result<void> seek(const std::vector<Position>& positions);

  std::size_t size() const { return entries_.size(); }
  std::uint64_t bytes_read() const;
  std::uint64_t bytes_total() const;

 private:
  struct Entry {
    Position at;
    std::uint64_t size = 0;  // on disk; 0: not known
    TimeNs time = 0;         // of its next packet
    Packet packet;           // the next one (order `time`), if open
    std::unique_ptr<FileReader> reader;
  };

  FileQueue(FileOrder order, OpenFile open_file)
      : order_(order), open_file_(std::move(open_file)) {}
  Entry& append(std::string path);
  Result<void> open_entry(Entry& entry);
  Result<void> look_ahead();
  Result<bool> fetch(Entry& entry);
  void finish(Entry& entry);
  Read fail(Entry& entry, Error error);
  Read next_of_files(Packet& out);
  Read next_by_time(Packet& out);
  Result<void> enqueue(std::size_t index);
  bool later(std::size_t a, std::size_t b) const;

  static constexpr std::size_t kept_open_max = 64;  // files that stay open after the first look
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  FileOrder order_;
  OpenFile open_file_;
  std::vector<Entry> entries_;
  std::size_t current_ = 0;        // order `files`
  std::vector<std::size_t> heap_;  // order `time`: open files, the one with the next packet first
  std::vector<std::size_t> waiting_;  // not begun, the latest first
  std::size_t last_ = none;           // whose packet is out
  std::optional<Error> error_;
  std::uint64_t bytes_done_ = 0;
};

}  // namespace dnstorm::capture::pcap
