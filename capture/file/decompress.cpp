// gzip (zlib), zstd and xz (liblzma), streaming. All three forms may be several streams one after
// the other (RFC 1952 2.2, RFC 8878 3, xz-file-format 2), as pigz, zstdmt and `cat` make them.
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "capture/file/source.hpp"

namespace dnstorm::capture::file {
namespace {

constexpr std::size_t input_size = 256 * 1024;
// xz and zstd let the file say how much memory it wants; a hostile one asks for gigabytes.
constexpr std::uint64_t lzma_memory_limit = 256u << 20;
constexpr int zstd_window_log_max = 27;  // 128 MiB, zstd's own default limit

Error damaged(std::string what) { return {ErrorKind::data, std::move(what), {}}; }

// What the three have in common: an input buffer that is filled from below.
class Decompressor : public Source {
 public:
  explicit Decompressor(std::unique_ptr<Source> below) : below_(std::move(below)) {}
  std::uint64_t bytes_read() const override { return below_->bytes_read(); }
  std::uint64_t bytes_total() const override { return below_->bytes_total(); }

 protected:
  // Makes input_ hold something unless the file is at its end.
  Result<void> fill() {
    if (begin_ < end_ || at_end_) return {};
    std::size_t n = DNSTORM_TRY(below_->read(input_.data(), input_.size()));
    begin_ = 0;
    end_ = n;
    at_end_ = n == 0;
    return {};
  }
  std::size_t available() const { return end_ - begin_; }

  std::unique_ptr<Source> below_;
  std::vector<std::uint8_t> input_ = std::vector<std::uint8_t>(input_size);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
};

class GzipSource final : public Decompressor {
 public:
  explicit GzipSource(std::unique_ptr<Source> below) : Decompressor(std::move(below)) {
    int code = inflateInit2(&stream_, 15 + 16);  // the largest window, a gzip head
    DNSTORM_ASSERT(code == Z_OK, "zlib can be set up", code);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { inflateEnd(&stream_); }

  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    for (;;) {
      DNSTORM_CHECK(fill());
      if (available() == 0 && !in_member_) return std::size_t{0};
      if (available() == 0) return damaged("gzip data are cut off");
      // Some tools pad the last member with zeros (RFC 1952 is silent; gzip(1) ignores them).
      if (!in_member_ && members_ > 0 && input_[begin_] == 0) {
        ++begin_;
        continue;
      }
      in_member_ = true;
      std::size_t produced = DNSTORM_TRY(inflate_some(to, size));
      if (produced > 0) return produced;
    }
  }

 private:
  Result<std::size_t> inflate_some(std::uint8_t* to, std::size_t size) {
    stream_.next_in = input_.data() + begin_;
    stream_.avail_in = static_cast<uInt>(available());
    stream_.next_out = to;
    stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    uInt room = stream_.avail_out;
    int code = inflate(&stream_, Z_NO_FLUSH);
    begin_ = end_ - stream_.avail_in;
    if (code == Z_STREAM_END) {
      in_member_ = false;
      ++members_;
      inflateReset(&stream_);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return damaged(fmt::format("gzip data are damaged ({})", stream_.msg ? stream_.msg : "zlib"));
    }
    return static_cast<std::size_t>(room - stream_.avail_out);
  }

  z_stream stream_{};
  bool in_member_ = false;
  std::uint64_t members_ = 0;
};

class ZstdSource final : public Decompressor {
 public:
  explicit ZstdSource(std::unique_ptr<Source> below) : Decompressor(std::move(below)) {
    DNSTORM_ASSERT(stream_ != nullptr, "zstd can be set up");
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, zstd_window_log_max);
  }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;
  ~ZstdSource() override { ZSTD_freeDCtx(stream_); }

  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    for (;;) {
      DNSTORM_CHECK(fill());
      // At the end of the input the library may still hold output of the open frame.
      if (available() == 0 && !in_frame_) return std::size_t{0};
      bool last_try = available() == 0;
      ZSTD_inBuffer in{input_.data() + begin_, available(), 0};
      ZSTD_outBuffer out{to, size, 0};
      std::size_t code = ZSTD_decompressStream(stream_, &out, &in);
      begin_ += in.pos;
      if (ZSTD_isError(code))
        return damaged(fmt::format("zstd data are damaged ({})", ZSTD_getErrorName(code)));
      in_frame_ = code != 0;
      if (out.pos > 0) return out.pos;
      if (last_try && in_frame_) return damaged("zstd data are cut off");
    }
  }

 private:
  ZSTD_DCtx* stream_ = ZSTD_createDCtx();
  bool in_frame_ = false;
};

class XzSource final : public Decompressor {
 public:
  explicit XzSource(std::unique_ptr<Source> below) : Decompressor(std::move(below)) {
    lzma_ret code = lzma_stream_decoder(&stream_, lzma_memory_limit, LZMA_CONCATENATED);
    DNSTORM_ASSERT(code == LZMA_OK, "liblzma can be set up", static_cast<int>(code));
  }
  XzSource(const XzSource&) = delete;
  XzSource& operator=(const XzSource&) = delete;
  ~XzSource() override { lzma_end(&stream_); }

  Result<std::size_t> read(std::uint8_t* to, std::size_t size) override {
    while (!done_) {
      DNSTORM_CHECK(fill());
      stream_.next_in = input_.data() + begin_;
      stream_.avail_in = available();
      stream_.next_out = to;
      stream_.avail_out = size;
      lzma_ret code = lzma_code(&stream_, at_end_ ? LZMA_FINISH : LZMA_RUN);
      begin_ = end_ - stream_.avail_in;
      done_ = code == LZMA_STREAM_END;
      std::size_t produced = size - stream_.avail_out;
      if (produced > 0) return produced;
      if (code == LZMA_BUF_ERROR) return damaged("xz data are cut off");
      if (code == LZMA_MEMLIMIT_ERROR)
        return damaged("xz data need more than 256 MiB of memory to unpack; unpack them first");
      if (code != LZMA_OK && !done_)
        return damaged(
            fmt::format("xz data are damaged (liblzma code {})", static_cast<int>(code)));
    }
    return std::size_t{0};
  }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool done_ = false;
};

}  // namespace

std::unique_ptr<Source> decompress(Compression compression, std::unique_ptr<Source> compressed) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipSource>(std::move(compressed));
    case Compression::zstd:
      return std::make_unique<ZstdSource>(std::move(compressed));
    case Compression::xz:
      return std::make_unique<XzSource>(std::move(compressed));
    case Compression::none:
      break;
  }
  return compressed;
}

}  // namespace dnstorm::capture::file
