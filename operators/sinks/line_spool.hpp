// Lines that wait for a database, on disk: a bounded queue that survives the end of the process and
// of the machine. Chunks come out in the order in which they went in, and each as it went in.
//
//   auto spool = LineSpool::open(settings, note);   // takes over what an earlier run left
//   spool->append(chunk); spool->sync();            // now it is there, whatever happens
//   while (auto chunk = spool->take(n)) deliver(*chunk) ? spool->done() : spool->put_back();
//
// The folder holds segments, 0000000001.lp and so on: frames (line_frame.hpp) one after the other.
// A segment goes when all of it is done; what is done of one is not written down, so that a process
// that dies delivers at most one segment again (points overwrite themselves). A damaged segment is
// told of, delivered up to the damage, and set aside as <name>.damaged. The folder belongs to one
// process (flock) and goes with the LineSpool if nothing is in it. One thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "operators/note.hpp"
#include "operators/sinks/line_chunk.hpp"

namespace dnstorm::operators {

struct LineSpoolSettings {
  std::string folder;                  // made if it is not there; its parent must be
  std::uint64_t bytes_max = 1U << 30;  // of all segments
  bool drop_oldest = true;             // when full: the oldest segment; false: what comes
};

// <parent>/dnstorm-spool-<name>, with what does not belong into a file name replaced by "_".
std::string spool_folder(const std::string& parent, std::string_view name);

class LineSpool {
 public:
  enum class Kept {
    yes,
    dropped,  // full, and older lines go first: counted
    no,       // the disk does not take it, problem() says why
  };

  // Errors: config (the folder), unavailable (another process has it).
  static Result<std::unique_ptr<LineSpool>> open(LineSpoolSettings settings, Note note);
  ~LineSpool();
  LineSpool(const LineSpool&) = delete;
  LineSpool& operator=(const LineSpool&) = delete;

  Kept append(const LineChunk& chunk);
  // Brings what was appended to the disk; false: problem() says why not.
  bool sync();

  // The oldest chunk, and those that follow it as long as they are not more than so many points
  // together; nothing if there is none. They stay until done().
  std::optional<LineChunk> take(std::size_t points_max = 0);
  void done();
  void put_back();

  bool empty() const { return segments_.empty(); }
  std::uint64_t points() const;  // that wait, with those taken
  std::uint64_t bytes() const;   // of the files
  // Points that were in it, or were to be, and are gone: no room, or damage.
  std::uint64_t dropped() const { return dropped_; }
  const std::string& folder() const { return settings_.folder; }
  const std::string& problem() const { return problem_; }

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;   // up to the damage
    std::uint64_t points = 0;  // that wait
    bool damaged = false;
  };
  struct Taken {
    std::uint64_t segment = 0;
    std::uint64_t points = 0;
    std::uint64_t bytes = 0;
  };

  LineSpool(LineSpoolSettings settings, Note note);
  Result<void> lock();
  Result<void> take_over();
  void scan(Segment& segment);
  std::string path(const Segment& segment) const;
  bool make_room(std::uint64_t bytes);
  bool begin_segment();
  void drop_front();
  void remove_front();
  void give_up_front();
  bool fail(const std::string& where);

  LineSpoolSettings settings_;
  Note note_;
  std::uint64_t segment_bytes_;
  std::deque<Segment> segments_;  // oldest first
  std::uint64_t next_number_ = 1;
  int folder_ = -1;            // open and locked
  int out_ = -1;               // the newest segment; -1: the next chunk begins one
  std::uint64_t read_at_ = 0;  // in the oldest segment
  std::optional<Taken> taken_;
  std::uint64_t dropped_ = 0;
  bool full_told_ = false;
  std::string problem_;
};

}  // namespace dnstorm::operators
