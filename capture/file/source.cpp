#include "capture/file/source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace dnstorm::capture::file {
namespace {

class FileSource final : public Source {
 public:
  FileSource(int descriptor, std::uint64_t total) : descriptor_(descriptor), total_(total) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (descriptor_ != STDIN_FILENO) close(descriptor_);
  }

  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    if (peeked_at_ < peeked_) {
      std::size_t n = std::min(size, peeked_ - peeked_at_);
      std::memcpy(to, peek_.data() + peeked_at_, n);
      peeked_at_ += n;
      return n;
    }
    return read_some(to, size);
  }

  // The first bytes, which read() will give again; fewer than asked for where the file ends.
  Result<Compression> peek_compression() {
    while (peeked_ < peek_.size()) {
      std::size_t n = DNSTORM_TRY(read_some(peek_.data() + peeked_, peek_.size() - peeked_));
      if (n == 0) break;
      peeked_ += n;
    }
    auto begins = [this](std::initializer_list<int> magic) {
      return peeked_ >= magic.size() && std::equal(magic.begin(), magic.end(), peek_.begin());
    };
    if (begins({0x1f, 0x8b})) return Compression::gzip;
    if (begins({0x28, 0xb5, 0x2f, 0xfd})) return Compression::zstd;
    if (begins({0xfd, '7', 'z', 'X', 'Z', 0x00})) return Compression::xz;
    return Compression::none;
  }

  std::uint64_t bytes_read() const override { return read_; }
  std::uint64_t bytes_total() const override { return total_; }

 private:
  Result<std::size_t> read_some(std::uint8_t* to, std::size_t size) {
    ssize_t n;
    do n = ::read(descriptor_, to, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
      return Error{ErrorKind::io, fmt::format("reading failed: {}", std::strerror(errno)), {}};
    read_ += static_cast<std::uint64_t>(n);
    return static_cast<std::size_t>(n);
  }

  int descriptor_;
  std::uint64_t total_;
  std::uint64_t read_ = 0;
  std::array<std::uint8_t, 6> peek_{};
  std::size_t peeked_ = 0;
  std::size_t peeked_at_ = 0;
};

Error cannot_open(const std::string& path, int number) {
  if (number == EMFILE || number == ENFILE)
    return {ErrorKind::unavailable,
            fmt::format(
                "{}: cannot be opened: too many files are open; raise the limit (ulimit -n)", path),
            {}};
  ErrorKind kind =
      number == EACCES || number == EPERM ? ErrorKind::permission : ErrorKind::no_input;
  return {kind, fmt::format("{}: cannot be opened: {}", path, std::strerror(number)), {}};
}

}  // namespace

Result<std::unique_ptr<Source>> open_source(const std::string& path) {
  int descriptor = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return cannot_open(path, errno);
  struct stat status {};
  bool known = fstat(descriptor, &status) == 0;
  std::uint64_t total =
      known && S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
  auto file = std::make_unique<FileSource>(descriptor, total);
  if (known && S_ISDIR(status.st_mode))
    return Error{
        ErrorKind::no_input, fmt::format("{}: is a directory; name a file", path), {}};
  // Only a hint to the kernel's read-ahead; a pipe refuses it, which does not matter.
  (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  Result<Compression> compression = file->peek_compression();
  if (!compression) return std::move(compression.error()).within(path);
  if (*compression == Compression::none) return std::unique_ptr<Source>(std::move(file));
  return decompress(*compression, std::move(file));
}

}  // namespace dnstorm::capture::file
