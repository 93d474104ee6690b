// Lines in files that are collected while others are written: a file is called
// FOLDER/NAME-20260101T120000Z.ENDING after the time of its first line, has ".part" behind its name
// while it grows, and is synced and renamed when it is complete: by event time, by its size, or at
// the end. A second file of the same second is called ..Z_0002, so that names sort as they came.
//
//   file.write(begin, end, line);   // lines in the order of `end`, but for late ones
//   file.flush();                   // whoever follows the file sees them
//   file.reached(now);              // completes the file whose time is over
//
// What the names and the files' lines are depends on the calls alone, so a run that goes on from a
// checkpoint makes the files that it had made again, with the same lines. A file that cannot be
// written stays as it is, without its name; the first failure is kept. Belongs to one task; may
// wait for a disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/api/state.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::operators {

struct RotatedFileOptions {
  std::string who;          // the operator: what errors begin with
  std::string base;         // FOLDER/NAME
  std::string ending;       // "jsonl"
  std::string header = {};  // what every file begins with
  DurationNs every = 0;     // of event time, aligned to its multiples since 1970; 0: without end
  std::uint64_t max_bytes = 0;  // of lines; a single longer one has a file of its own; 0: no limit
  bool zstd = false;            // ".zst" behind the ending
};

class RotatedFile {
 public:
  explicit RotatedFile(RotatedFileOptions options);
  RotatedFile(const RotatedFile&) = delete;
  RotatedFile& operator=(const RotatedFile&) = delete;
  ~RotatedFile();

  // A line with its end of line, of a window [begin, end).
  void write(TimeNs begin, TimeNs end, std::string_view line);
  void flush();
  void reached(TimeNs now);
  void finish();

  // The file as long as it is on the disk; restore() cuts off what was written after that.
  Result<void> save(StateWriter& out);
  Result<void> restore(StateReader& in);

  const Result<void>& failure() const { return failure_; }
  std::uint64_t files() const { return files_; }  // complete
  std::uint64_t lost() const { return lost_; }    // lines that are in no file

 private:
  class Packer;  // Zstandard

  std::string path() const;
  TimeNs over_at(TimeNs end) const;
  void open();
  void close();
  void put_out(bool whole_frame);
  void fail(std::string_view what);
  Result<void> go_on();

  RotatedFileOptions options_;
  std::unique_ptr<Packer> packer_;  // null: plain
  bool open_ = false;
  int fd_ = -1;                // of the open file; -1: it cannot be written
  TimeNs until_ = time_min;    // when the open file, or the last one, is over
  std::int64_t stamp_ = -1;    // of its name, seconds since 1970
  std::uint32_t number_ = 0;   // among those of the same second, from 1
  std::uint64_t bytes_ = 0;    // of its lines
  std::uint64_t on_disk_ = 0;  // its length
  std::string waiting_;        // not yet put out
  std::uint64_t lines_waiting_ = 0;
  std::uint64_t files_ = 0;
  std::uint64_t lost_ = 0;
  Result<void> failure_;
};

}  // namespace dnstorm::operators
