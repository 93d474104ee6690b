#include "operators/sinks/rotated_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "engine/base/write_all.hpp"
#include "operators/checkpoint.hpp"

namespace dnstorm::operators {

namespace {

constexpr std::size_t piece_bytes = 1 << 20;

// The first `size` bytes of one file in another; false: the first is not as long, or `errno`.
bool copy_begin(const std::string& from, const std::string& to, std::uint64_t size) {
  int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  std::string piece(std::min<std::uint64_t>(size, piece_bytes), '\0');
  bool going = in >= 0 && out >= 0;
  while (going && size != 0) {
    ssize_t n = ::read(in, piece.data(), std::min<std::uint64_t>(size, piece.size()));
    going = n > 0 && write_all(out, {piece.data(), static_cast<std::size_t>(n)});
    if (going) size -= static_cast<std::uint64_t>(n);
  }
  if (in >= 0) ::close(in);
  return out >= 0 && ::close(out) == 0 && going;
}

std::uint64_t length_of(const std::string& path) {
  struct stat state {};
  return ::stat(path.c_str(), &state) == 0 ? static_cast<std::uint64_t>(state.st_size) : 0;
}

}  // namespace

// Frame after frame: a file may be cut off between two of them, and the rest is whole.
class RotatedFile::Packer {
 public:
  Packer() : stream_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize(), '\0') {
    DNSTORM_ASSERT(stream_ != nullptr, "no memory for zstd");
    ZSTD_CCtx_setParameter(stream_, ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(stream_, ZSTD_c_checksumFlag, 1);
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() { ZSTD_freeCCtx(stream_); }

  // Nothing where no frame has begun and nothing is to be added.
  std::string pack(std::string_view text, bool whole_frame) {
    std::string packed;
    if (text.empty() && !in_frame_) return packed;
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    std::size_t left = 1;
    while (left != 0 || in.pos < in.size) {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(stream_, &out, &in, whole_frame ? ZSTD_e_end : ZSTD_e_flush);
      DNSTORM_ASSERT(ZSTD_isError(left) == 0, "zstd fails", ZSTD_getErrorName(left));
      packed.append(out_.data(), out.pos);
    }
    in_frame_ = !whole_frame;
    return packed;
  }
  // What the compressor holds belongs to a file that is given up.
  void forget() {
    ZSTD_CCtx_reset(stream_, ZSTD_reset_session_only);
    in_frame_ = false;
  }

 private:
  ZSTD_CCtx* stream_;
  std::string out_;
  bool in_frame_ = false;
};

RotatedFile::RotatedFile(RotatedFileOptions options)
    : options_(std::move(options)), packer_(options_.zstd ? std::make_unique<Packer>() : nullptr) {}

RotatedFile::~RotatedFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::string RotatedFile::path() const {
  std::tm parts{};
  auto seconds = static_cast<std::time_t>(stamp_);
  ::gmtime_r(&seconds, &parts);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
  return fmt::format("{}-{}{}.{}{}", options_.base, stamp,
                     number_ > 1 ? fmt::format("_{:04}", number_) : "", options_.ending,
                     options_.zstd ? ".zst" : "");
}

// The end of the period in which a window that ends at `end` is complete.
TimeNs RotatedFile::over_at(TimeNs end) const {
  if (options_.every == 0) return time_max;
  TimeNs last = end - 1;
  TimeNs in_period = last % options_.every;
  if (in_period < 0) in_period += options_.every;
  TimeNs over = 0;
  bool beyond = __builtin_add_overflow(last - in_period, options_.every, &over);
  return beyond ? time_max : over;
}

void RotatedFile::write(TimeNs begin, TimeNs end, std::string_view line) {
  // A late line goes into the file that there is: a complete one is not touched any more.
  TimeNs over = std::max(until_, over_at(end));
  bool full = options_.max_bytes != 0 && bytes_ + line.size() > options_.max_bytes &&
              bytes_ > options_.header.size();
  if (open_ && (over > until_ || full)) close();
  if (!open_) {
    until_ = over;
    TimeNs seconds = begin / ns_per_s - (begin % ns_per_s < 0 ? 1 : 0);
    number_ = number_ != 0 && seconds <= stamp_ ? number_ + 1 : 1;
    stamp_ = number_ == 1 ? seconds : stamp_;
    open();
  }
  waiting_ += line;
  ++lines_waiting_;
  bytes_ += line.size();
  if (waiting_.size() >= piece_bytes) put_out(false);
}

void RotatedFile::open() {
  open_ = true;
  on_disk_ = 0;
  bytes_ = options_.header.size();
  waiting_ = options_.header;
  fd_ = ::open((path() + ".part").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("cannot be written");
}

void RotatedFile::flush() {
  if (open_) put_out(false);
}

void RotatedFile::put_out(bool whole_frame) {
  std::string packed;
  if (packer_ != nullptr) packed = packer_->pack(waiting_, whole_frame);
  std::string_view bytes = packer_ != nullptr ? packed : waiting_;
  if (fd_ >= 0 && !write_all(fd_, bytes)) fail("cannot be written");
  if (fd_ < 0) lost_ += lines_waiting_;
  on_disk_ += bytes.size();
  waiting_.clear();
  lines_waiting_ = 0;
}

void RotatedFile::fail(std::string_view what) {
  if (failure_.ok())
    failure_ = Error{ErrorKind::io,
                     fmt::format("{}: {} {}: {}: rows are missing; see to `folder`", options_.who,
                                 path(), what, std::strerror(errno)),
                     "folder"};
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RotatedFile::close() {
  put_out(true);
  open_ = false;
  if (packer_ != nullptr) packer_->forget();
  if (fd_ < 0) return;
  std::string name = path();
  if (::fdatasync(fd_) != 0) return fail("cannot be synced");
  if (::close(std::exchange(fd_, -1)) != 0) return fail("cannot be closed");
  if (std::rename((name + ".part").c_str(), name.c_str()) != 0) return fail("cannot be named");
  ++files_;
}

void RotatedFile::reached(TimeNs now) {
  if (open_ && until_ <= now) close();
}

void RotatedFile::finish() {
  if (open_) close();
}

Result<void> RotatedFile::save(StateWriter& out) {
  if (open_) put_out(true);
  // On the disk before the checkpoint that counts on it is.
  if (fd_ >= 0 && ::fdatasync(fd_) != 0) fail("cannot be synced");
  out.put(open_ && fd_ >= 0);
  out.put(until_);
  out.put(stamp_);
  out.put(number_);
  out.put(bytes_);
  out.put(on_disk_);
  // A checkpoint after rows that are missing would make that for ever.
  return failure_;
}

Result<void> RotatedFile::restore(StateReader& in) {
  open_ = in.get<bool>();
  until_ = in.get<TimeNs>();
  stamp_ = in.get<std::int64_t>();
  number_ = in.get<std::uint32_t>();
  bytes_ = in.get<std::uint64_t>();
  on_disk_ = in.get<std::uint64_t>();
  if (!in.ok()) return damaged_state();
  return open_ ? go_on() : Result<void>{};
}

Result<void> RotatedFile::go_on() {
  std::string name = path();
  std::string part = name + ".part";
  // If it was completed after the checkpoint, whoever collects files may hold it: it keeps its name
  // until one with the same lines takes its place.
  bool there = length_of(part) >= on_disk_ ||
               (length_of(name) >= on_disk_ && copy_begin(name, part, on_disk_));
  if (there) fd_ = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  auto size = static_cast<off_t>(on_disk_);
  if (fd_ >= 0 && ::ftruncate(fd_, size) == 0 && ::lseek(fd_, 0, SEEK_END) == size) return {};
  return Error{ErrorKind::io,
               fmt::format("{}: cannot go on in {}: it is not there as the checkpoint has it; put "
                           "it back, or run without --resume",
                           options_.who, part),
               "folder"};
}

}  // namespace dnstorm::operators
