// Packets of several capture files as one stream: one file after the other, or merged by time.
//
// open() -> next() again and again. Merged files are opened when their first packet's time has
// come, so that rotated captures, which hardly overlap, need few open files at once; two packets
// of the same time come in the order of their files. add() appends a file (order `files` only):
// after Read::end, next() goes on with it. Where the queue stands is positions(), and seek() goes
// there again. With a ReadAhead, its threads read the files that are open and those that come next:
// what next() gives is the same. One thread at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "capture/pcap/read_ahead.hpp"

namespace dnstorm::capture::pcap {

enum class FileOrder : std::uint8_t { files, time };

struct FileReading {
  std::shared_ptr<ReadAhead> ahead = {};  // null: files are read by whoever calls next()
  // A file that cannot be opened is told by next(), as a cut one is. Where the limit of open
  // files is reached it is still an error of open() and seek().
  bool leave_damaged = false;
  bool seek_follows = false;  // so that open() needs not look at the files
};

class FileQueue {
 public:
  struct Position {
    std::string path;
    std::uint64_t taken = 0;  // packets handed out
    bool done = false;
  };

  using OpenFile = std::function<Result<std::unique_ptr<FileReader>>(const std::string& path)>;

  using Reading = FileReading;

  // Looks at every file: errors as `open_file`, which opens one.
  static Result<FileQueue> open(
      const std::vector<std::string>& files, FileOrder order,
      OpenFile open_file = [](const std::string& path) { return FileReader::open(path); },
      Reading reading = {});

  void add(std::string path);
  // Takes a file that is done out of the positions.
  void forget(const std::string& path);
  // A file that is done has another name now.
  void rename(const std::string& from, const std::string& to);

  // The packet's bytes hold until the next call. After Read::error comes error(); going on after it
  // leaves that file.
  Read next(Packet& out) {
    if (order_ == FileOrder::time) return next_by_time(out);
    // Nearly every packet is another one of the file at hand. At its end the reader says so again.
    if (current_ < entries_.size()) [[likely]] {
      Entry& entry = entries_[current_];
      if (entry.at.taken != 0 && entry.reader && entry.reader->next(out) == Read::packet)
          [[likely]] {
        ++entry.at.taken;
        return Read::packet;
      }
    }
    return next_of_files(out);
  }
  const Error& error() const { return *error_; }

  std::vector<Position> positions() const;
  // As if the last packet had not been handed out yet.
  std::vector<Position> positions_before_last() const;
  // Stands behind the packets that were handed out when these positions were taken; before the
  // first next(). Errors: data (a file has fewer packets), and as open().
  Result<void> seek(const std::vector<Position>& positions);

  std::size_t size() const { return entries_.size(); }
  std::size_t files_done() const { return files_done_; }
  std::size_t files_open() const { return open_.size(); }
  std::uint64_t bytes_read() const;
  std::uint64_t bytes_total() const { return bytes_total_; }

 private:
  struct Entry {
    Position at;
    std::uint64_t size = 0;  // on disk; 0: not known
    TimeNs time = 0;         // of its next packet
    Packet packet;           // the next one (order `time`), if it has been fetched
    bool fetched = false;
    std::unique_ptr<FileReader> reader;
    std::unique_ptr<Error> failure;  // found by the look ahead
  };

  FileQueue(FileOrder order, OpenFile open_file, Reading reading)
      : order_(order), open_file_(std::move(open_file)), reading_(std::move(reading)) {}
  Entry& append(std::string path);
  Result<void> look_at_all();
  Result<void> open_entry(std::size_t index);
  void close_entry(std::size_t index);
  Result<void> look_ahead();
  Result<void> look_at(std::size_t index);
  Result<void> begin_again(std::size_t index);
  void wait_with(std::size_t index, const Error& failure);
  void open_next();
  bool open_early(std::size_t index);
  Result<bool> fetch(std::size_t index);
  void finish(std::size_t index);
  Read fail(std::size_t index, Error error);
  Read next_of_files(Packet& out);
  Read next_by_time(Packet& out);
  Result<void> enqueue(std::size_t index);
  void push(std::size_t index);
  bool later(std::size_t a, std::size_t b) const;

  static constexpr std::size_t kept_open_max = 64;  // files that stay open after the first look
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  FileOrder order_;
  OpenFile open_file_;
  Reading reading_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> open_;  // entries that have a reader
  std::size_t current_ = 0;        // order `files`
  std::vector<std::size_t> heap_;  // order `time`: open files, the one with the next packet first
  std::vector<std::size_t> waiting_;  // not begun, the latest first
  std::size_t last_ = none;           // whose packet is out
  std::optional<Error> error_;
  std::uint64_t bytes_done_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::size_t files_done_ = 0;
};

}  // namespace dnstorm::capture::pcap
