#include "capture/file/sink.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "engine/base/write_all.hpp"

namespace dnstorm::capture::file {

namespace {

constexpr std::size_t buffer_size = 1U << 20U;

class FileSink final : public ByteSink {
 public:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~FileSink() override { static_cast<void>(close_file()); }

  Result<void> put(std::span<const std::uint8_t> bytes) override {
    if (!write_all(fd_, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}))
      return failure();
    return {};
  }
  Result<void> finish() override {
    if (!close_file()) return failure();
    return {};
  }

 private:
  bool close_file() {
    int fd = fd_;
    fd_ = -1;
    return fd < 0 || fd == STDOUT_FILENO || ::close(fd) == 0;
  }
  Error failure() const {
    return {ErrorKind::io, fmt::format("{}: cannot write: {}", path_, std::strerror(errno)), path_};
  }

  int fd_;
  std::string path_;
};

class GzipSink final : public ByteSink {
 public:
  explicit GzipSink(std::unique_ptr<ByteSink> next) : next_(std::move(next)), out_(buffer_size) {
    // 15 + 16: the largest window, with gzip's header, whose time stays 0: same input, same bytes.
    int status = deflateInit2(&stream_, 6, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    DNSTORM_ASSERT(status == Z_OK, "zlib refuses its parameters", status);
  }
  ~GzipSink() override { deflateEnd(&stream_); }

  Result<void> put(std::span<const std::uint8_t> bytes) override { return run(bytes, Z_NO_FLUSH); }
  Result<void> finish() override {
    DNSTORM_CHECK(run({}, Z_FINISH));
    return next_->finish();
  }

 private:
  Result<void> run(std::span<const std::uint8_t> bytes, int mode) {
    stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib reads only, its type is old
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = out_.data();
      stream_.avail_out = static_cast<uInt>(out_.size());
      int status = deflate(&stream_, mode);
      DNSTORM_ASSERT(status != Z_STREAM_ERROR, "zlib lost its state", status);
      DNSTORM_CHECK(next_->put({out_.data(), out_.size() - stream_.avail_out}));
    } while (stream_.avail_out == 0);
    return {};
  }

  std::unique_ptr<ByteSink> next_;
  std::vector<std::uint8_t> out_;
  z_stream stream_{};
};

class ZstdSink final : public ByteSink {
 public:
  explicit ZstdSink(std::unique_ptr<ByteSink> next)
      : next_(std::move(next)), stream_(ZSTD_createCCtx()), out_(ZSTD_CStreamOutSize()) {
    DNSTORM_ASSERT(stream_ != nullptr, "no memory for zstd");
    ZSTD_CCtx_setParameter(stream_, ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(stream_, ZSTD_c_checksumFlag, 1);
  }
  ~ZstdSink() override { ZSTD_freeCCtx(stream_); }

  Result<void> put(std::span<const std::uint8_t> bytes) override {
    return run(bytes, ZSTD_e_continue);
  }
  Result<void> finish() override {
    DNSTORM_CHECK(run({}, ZSTD_e_end));
    return next_->finish();
  }

 private:
  Result<void> run(std::span<const std::uint8_t> bytes, ZSTD_EndDirective mode) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out{out_.data(), out_.size(), 0};
      left = ZSTD_compressStream2(stream_, &out, &in, mode);
      DNSTORM_ASSERT(ZSTD_isError(left) == 0, "zstd fails", ZSTD_getErrorName(left));
      DNSTORM_CHECK(next_->put({out_.data(), out.pos}));
    } while (mode == ZSTD_e_end ? left != 0 : in.pos < in.size);
    return {};
  }

  std::unique_ptr<ByteSink> next_;
  ZSTD_CCtx* stream_;
  std::vector<std::uint8_t> out_;
};

}  // namespace

Result<std::unique_ptr<ByteSink>> open_sink(const std::string& path) {
  if (path == "-") return std::unique_ptr<ByteSink>(new FileSink(STDOUT_FILENO, "standard output"));
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) {
    ErrorKind kind = errno == EACCES || errno == EPERM ? ErrorKind::permission : ErrorKind::io;
    return Error{kind, fmt::format("{}: cannot open for writing: {}", path, std::strerror(errno)),
                 path};
  }
  std::unique_ptr<ByteSink> sink = std::make_unique<FileSink>(fd, path);
  if (path.ends_with(".gz")) sink = std::make_unique<GzipSink>(std::move(sink));
  if (path.ends_with(".zst")) sink = std::make_unique<ZstdSink>(std::move(sink));
  return sink;
}

}  // namespace dnstorm::capture::file
