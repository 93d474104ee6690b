#include "operators/sinks/line_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <utility>

#include "engine/base/write_all.hpp"
#include "operators/sinks/line_frame.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::string_view suffix = ".lp";
constexpr std::size_t number_width = 10;
// The spool loses a segment at a time: so many make it up that little is lost at once.
constexpr std::uint64_t segments_min = 16;
constexpr std::uint64_t segment_bytes_min = 64 << 10;
constexpr std::uint64_t segment_bytes_max = 16 << 20;

struct FileCloser {
  explicit FileCloser(int opened) : file(opened) {}
  FileCloser(const FileCloser&) = delete;
  FileCloser& operator=(const FileCloser&) = delete;
  ~FileCloser() {
    if (file >= 0) ::close(file);
  }
  int file;
};

// So many bytes from there on, or fewer if the file ends or cannot be read.
std::string read_at(int file, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    ssize_t n =
        ::pread(file, bytes.data() + filled, size - filled, static_cast<off_t>(at + filled));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    filled += static_cast<std::size_t>(n);
  }
  bytes.resize(filled);
  return bytes;
}

// The frame there; nothing if there is none that is whole within `end`.
std::optional<LineChunk> read_frame(int file, std::uint64_t at, std::uint64_t end) {
  auto head = frame_head(read_at(file, at, FrameHead::bytes_on_disk));
  if (!head || at + FrameHead::bytes_on_disk + head->bytes > end) return {};
  return frame_lines(*head, read_at(file, at + FrameHead::bytes_on_disk, head->bytes));
}

std::optional<std::uint64_t> number_in(const std::string& name) {
  std::uint64_t number = 0;
  if (name.size() != number_width + suffix.size() || !name.ends_with(suffix)) return {};
  const char* end = name.data() + number_width;
  auto [at, error] = std::from_chars(name.data(), end, number);
  return error == std::errc{} && at == end ? std::optional(number) : std::nullopt;
}

Error folder_error(ErrorKind kind, const std::string& folder, const std::string& why) {
  return {kind, fmt::format("influx: `spool` {}: {}", folder, why), "spool"};
}

}  // namespace

std::string spool_folder(const std::string& parent, std::string_view name) {
  std::string out = parent + "/dnstorm-spool-";
  for (char c : name)
    out += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' ? c : '_';
  return out;
}

LineSpool::LineSpool(LineSpoolSettings settings, Note note)
    : settings_(std::move(settings)),
      note_(std::move(note)),
      segment_bytes_(
          std::clamp(settings_.bytes_max / segments_min, segment_bytes_min, segment_bytes_max)) {}

LineSpool::~LineSpool() {
  if (out_ >= 0) ::close(out_);
  if (folder_ < 0) return;
  if (segments_.empty()) ::rmdir(settings_.folder.c_str());  // stays if anything else is in it
  ::close(folder_);
}

// -- what an earlier run left
// ---------------------------------------------------------------------------------

Result<std::unique_ptr<LineSpool>> LineSpool::open(LineSpoolSettings settings, Note note) {
  std::unique_ptr<LineSpool> spool(new LineSpool(std::move(settings), std::move(note)));
  DNSTORM_CHECK(spool->lock());
  DNSTORM_CHECK(spool->take_over());
  return spool;
}

Result<void> LineSpool::lock() {
  const std::string& folder = settings_.folder;
  while (true) {
    if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
      return folder_error(ErrorKind::config, folder, std::strerror(errno));
    folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_ < 0 && errno == ENOENT) continue;  // its last user has just removed it
    if (folder_ < 0 || ::access(folder.c_str(), W_OK | X_OK) != 0)
      return folder_error(ErrorKind::config, folder, std::strerror(errno));
    if (::flock(folder_, LOCK_EX | LOCK_NB) != 0)
      return folder_error(ErrorKind::unavailable, folder,
                          "another process has it: give each run a `spool` of its own");
    struct stat state {};
    if (::fstat(folder_, &state) == 0 && state.st_nlink != 0) return {};
    ::close(std::exchange(folder_, -1));
  }
}

Result<void> LineSpool::take_over() {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(settings_.folder, failed)) {
    auto number = number_in(entry.path().filename().string());
    if (number) segments_.push_back({.number = *number});
  }
  if (failed) return folder_error(ErrorKind::config, settings_.folder, failed.message());
  std::sort(segments_.begin(), segments_.end(),
            [](const Segment& a, const Segment& b) { return a.number < b.number; });
  if (!segments_.empty()) next_number_ = segments_.back().number + 1;
  for (Segment& segment : segments_) scan(segment);
  while (!segments_.empty() && segments_.front().points == 0) remove_front();
  return {};
}

// What of a segment is whole.
void LineSpool::scan(Segment& segment) {
  FileCloser in(::open(path(segment).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat state {};
  if (in.file < 0 || ::fstat(in.file, &state) != 0) {
    segment.damaged = true;
    note_(fmt::format("influx: {} cannot be read and is skipped: {}", path(segment),
                      std::strerror(errno)));
    return;
  }
  auto size = static_cast<std::uint64_t>(state.st_size);
  while (segment.bytes < size) {
    auto chunk = read_frame(in.file, segment.bytes, size);
    if (!chunk) break;
    segment.points += chunk->points();
    segment.bytes += FrameHead::bytes_on_disk + chunk->bytes();
  }
  segment.damaged = segment.bytes < size;
  if (segment.damaged)
    note_(
        fmt::format("influx: {} is damaged from byte {} on: its last {} bytes are skipped, the "
                    "{} points before them are delivered",
                    path(segment), segment.bytes, size - segment.bytes, segment.points));
}

// -- writing
// ---------------------------------------------------------------------------------

LineSpool::Kept LineSpool::append(const LineChunk& chunk) {
  std::string frame = frame_of(chunk);
  if (frame.size() > settings_.bytes_max) {
    problem_ = fmt::format("{} bytes at once are more than `spool_bytes_max`", frame.size());
    return Kept::no;
  }
  if (!make_room(frame.size())) {
    dropped_ += chunk.points();
    return Kept::dropped;
  }
  if (out_ >= 0 && segments_.back().bytes + frame.size() > segment_bytes_) {
    if (!sync()) return Kept::no;
    ::close(std::exchange(out_, -1));
  }
  if (out_ < 0 && !begin_segment()) return Kept::no;
  Segment& segment = segments_.back();
  if (!write_all(out_, frame)) {
    fail(path(segment));
    // A part of a frame would be damage to the next reader.
    if (::ftruncate(out_, static_cast<off_t>(segment.bytes)) != 0) ::close(std::exchange(out_, -1));
    if (segment.bytes == 0) {
      ::unlink(path(segment).c_str());
      if (out_ >= 0) ::close(std::exchange(out_, -1));
      segments_.pop_back();
    }
    return Kept::no;
  }
  segment.bytes += frame.size();
  segment.points += chunk.points();
  return Kept::yes;
}

bool LineSpool::begin_segment() {
  Segment segment{.number = next_number_};
  out_ = ::open(path(segment).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
  if (out_ < 0) return fail(path(segment));
  ++next_number_;
  if (::fsync(folder_) != 0) {
    fail(settings_.folder);
    ::close(std::exchange(out_, -1));
    ::unlink(path(segment).c_str());
    return false;
  }
  segments_.push_back(segment);
  return true;
}

bool LineSpool::sync() {
  if (out_ < 0 || ::fdatasync(out_) == 0) return true;
  return fail(path(segments_.back()));
}

bool LineSpool::fail(const std::string& where) {
  problem_ = fmt::format("{}: {}", where, std::strerror(errno));
  return false;
}

bool LineSpool::make_room(std::uint64_t more) {
  if (bytes() + more <= settings_.bytes_max) return true;
  if (!full_told_)
    note_(fmt::format("influx: the spool {} is full ({} bytes): its {} points are lost",
                      settings_.folder, settings_.bytes_max,
                      settings_.drop_oldest ? "oldest" : "newest"));
  full_told_ = true;
  if (!settings_.drop_oldest) return false;
  while (!segments_.empty() && bytes() + more > settings_.bytes_max) drop_front();
  return true;
}

// -- reading
// ---------------------------------------------------------------------------------

std::optional<LineChunk> LineSpool::take(std::size_t points_max) {
  while (!segments_.empty()) {
    const Segment& front = segments_.front();
    if (front.points == 0) {  // nothing before its damage
      remove_front();
      continue;
    }
    FileCloser in(::open(path(front).c_str(), O_RDONLY | O_CLOEXEC));
    if (auto chunk = read_frame(in.file, read_at_, front.bytes)) {
      std::uint64_t size = FrameHead::bytes_on_disk + chunk->bytes();
      while (chunk->points() < points_max) {
        auto next = read_frame(in.file, read_at_ + size, front.bytes);
        if (!next || chunk->points() + next->points() > points_max) break;
        size += FrameHead::bytes_on_disk + next->bytes();
        chunk->append(*next);
      }
      taken_ = Taken{front.number, chunk->points(), size};
      return chunk;
    }
    give_up_front();
  }
  return {};
}

void LineSpool::done() {
  if (!taken_) return;
  if (!segments_.empty() && segments_.front().number == taken_->segment) {
    Segment& front = segments_.front();
    front.points -= taken_->points;
    read_at_ += taken_->bytes;
    if (read_at_ >= front.bytes) remove_front();
  }
  taken_.reset();
}

void LineSpool::put_back() {
  if (!taken_) return;
  bool gone = segments_.empty() || segments_.front().number != taken_->segment;
  if (gone) dropped_ += taken_->points;
  taken_.reset();
}

// Makes room. What is taken of the segment is not lost yet: done() or put_back() tells.
void LineSpool::drop_front() {
  const Segment& front = segments_.front();
  bool some_taken = taken_ && taken_->segment == front.number;
  dropped_ += front.points - (some_taken ? taken_->points : 0);
  remove_front();
}

// The rest of a segment that was whole and is not any more.
void LineSpool::give_up_front() {
  Segment& front = segments_.front();
  note_(fmt::format("influx: {} is damaged from byte {} on: {} points are lost", path(front),
                    read_at_, front.points));
  dropped_ += front.points;
  front.damaged = true;
  remove_front();
}

void LineSpool::remove_front() {
  const Segment& front = segments_.front();
  if (segments_.size() == 1 && out_ >= 0) ::close(std::exchange(out_, -1));
  std::string from = path(front);
  if (front.damaged)
    ::rename(from.c_str(), (from + ".damaged").c_str());
  else
    ::unlink(from.c_str());
  segments_.pop_front();
  read_at_ = 0;
  full_told_ = full_told_ && !segments_.empty();
}

// -- figures
// ---------------------------------------------------------------------------------

std::string LineSpool::path(const Segment& segment) const {
  return fmt::format("{}/{:0{}}{}", settings_.folder, segment.number, number_width, suffix);
}

std::uint64_t LineSpool::points() const {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.points;
  return sum;
}

std::uint64_t LineSpool::bytes() const {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.bytes;
  return sum;
}

}  // namespace dnstorm::operators
