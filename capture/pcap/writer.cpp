#include "capture/pcap/writer.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

namespace dnstorm::capture::pcap {

// Where the bytes go. finish() says whether all of them arrived.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual Result<void> put(std::span<const std::uint8_t> bytes) = 0;
  virtual Result<void> finish() = 0;
};

namespace {

constexpr std::size_t buffer_size = 1U << 20U;

class FileSink final : public ByteSink {
 public:
  FileSink(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~FileSink() override { static_cast<void>(close_file()); }

  Result<void> put(std::span<const std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failure();
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
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

void put_le16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value));
  out.push_back(static_cast<std::uint8_t>(value >> 8U));
}
void put_le32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  put_le16(out, static_cast<std::uint16_t>(value));
  put_le16(out, static_cast<std::uint16_t>(value >> 16U));
}

}  // namespace

Writer::Writer(std::unique_ptr<ByteSink> sink, WriterOptions options)
    : sink_(std::move(sink)), options_(options) {
  buffer_.reserve(buffer_size + 2 * 65536);
}

Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const std::string& path, WriterOptions options) {
  std::unique_ptr<ByteSink> sink = DNSTORM_TRY(open_sink(path));
  std::unique_ptr<Writer> writer(new Writer(std::move(sink), options));
  writer->put_file_header();
  return writer;
}

void Writer::put_file_header() {
  put_le32(buffer_, options_.nanoseconds ? 0xa1b23c4dU : 0xa1b2c3d4U);
  put_le16(buffer_, 2);
  put_le16(buffer_, 4);
  put_le32(buffer_, 0);  // times are UTC
  put_le32(buffer_, 0);
  put_le32(buffer_, options_.snap_length);
  put_le32(buffer_, options_.link_type);
  bytes_ = buffer_.size();
}

Result<void> Writer::write(TimeNs time, std::span<const std::uint8_t> packet,
                           std::uint32_t original_length) {
  DNSTORM_ASSERT(sink_ != nullptr, "a closed pcap writer is used");
  if (time < 0 || time / ns_per_s > 0xffffffffLL)
    return Error{ErrorKind::data,
                 fmt::format("{} does not fit a pcap file (1970 to 2106)", format_time(time)),
                 {}};
  std::int64_t fraction = time % ns_per_s;
  auto kept = std::min<std::size_t>(packet.size(), options_.snap_length);
  put_le32(buffer_, static_cast<std::uint32_t>(time / ns_per_s));
  put_le32(buffer_, static_cast<std::uint32_t>(options_.nanoseconds ? fraction : fraction / 1000));
  put_le32(buffer_, static_cast<std::uint32_t>(kept));
  put_le32(buffer_, std::max(original_length, static_cast<std::uint32_t>(packet.size())));
  buffer_.insert(buffer_.end(), packet.data(), packet.data() + kept);
  ++packets_;
  bytes_ += 16 + kept;
  if (buffer_.size() >= buffer_size) return flush();
  return {};
}

Result<void> Writer::flush() {
  Result<void> done = sink_->put(buffer_);
  buffer_.clear();
  return done;
}

Result<void> Writer::close() {
  if (sink_ == nullptr) return {};
  Result<void> flushed = flush();
  Result<void> finished = sink_->finish();
  sink_ = nullptr;
  return flushed.ok() ? std::move(finished) : std::move(flushed);
}

}  // namespace dnstorm::capture::pcap
