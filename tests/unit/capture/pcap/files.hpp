// Capture files by hand, for the tests of capture/pcap.
#pragma once

#include <lzma.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/temporary_folder.hpp"

namespace dnstorm::capture::pcap::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A file that is gone when the test is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const Bytes& content) : path_(folder_.write("capture", content)) {}
  const std::string& path() const { return path_; }

 private:
  testing::TemporaryFolder folder_;
  std::string path_;
};

// Numbers in the byte order of the file.
struct Order {
  bool big = false;

  Bytes u16(unsigned v) const {
    Bytes out = {std::uint8_t(v & 0xff), std::uint8_t(v >> 8 & 0xff)};
    if (big) std::swap(out[0], out[1]);
    return out;
  }
  Bytes u32(std::uint64_t v) const {
    Bytes low = u16(unsigned(v & 0xffff)), high = u16(unsigned(v >> 16 & 0xffff));
    return big ? high + low : low + high;
  }
};

inline Bytes pcap_head(Order o, std::uint32_t magic = 0xa1b2c3d4, std::uint32_t snap = 262144,
                       std::uint32_t link = 1) {
  return o.u32(magic) + o.u16(2) + o.u16(4) + o.u32(0) + o.u32(0) + o.u32(snap) + o.u32(link);
}
inline Bytes pcap_packet(Order o, std::uint32_t seconds, std::uint32_t fraction, const Bytes& data,
                         std::uint32_t original = 0) {
  return o.u32(seconds) + o.u32(fraction) + o.u32(data.size()) +
         o.u32(original ? original : data.size()) + data;
}
// `count` packets; packet i has i % 50 bytes of value i.
inline Bytes pcap_of(std::size_t count) {
  Bytes file = pcap_head({});
  for (std::size_t i = 0; i < count; ++i)
    file = std::move(file) +
           pcap_packet({}, std::uint32_t(1000 + i), 0, Bytes(i % 50, std::uint8_t(i)));
  return file;
}

inline Bytes padded(Bytes data) {
  data.resize((data.size() + 3) & ~std::size_t{3});
  return data;
}
inline Bytes block(Order o, std::uint32_t type, const Bytes& body) {
  return o.u32(type) + o.u32(12 + body.size()) + body + o.u32(12 + body.size());
}
inline Bytes section(Order o) {
  return block(o, 0x0a0d0d0a, o.u32(0x1a2b3c4d) + o.u16(1) + o.u16(0) + o.u32(~0u) + o.u32(~0u));
}
inline Bytes option(Order o, unsigned code, const Bytes& value) {
  return o.u16(code) + o.u16(unsigned(value.size())) + padded(value);
}
inline Bytes interface(Order o, unsigned link, const Bytes& options = {}, std::uint32_t snap = 0) {
  return block(o, 1, o.u16(link) + o.u16(0) + o.u32(snap) + options);
}
inline Bytes enhanced(Order o, std::uint32_t id, std::uint64_t ticks, const Bytes& data,
                      std::uint32_t original = 0) {
  return block(o, 6,
               o.u32(id) + o.u32(ticks >> 32) + o.u32(ticks) + o.u32(data.size()) +
                   o.u32(original ? original : data.size()) + padded(data));
}

inline Bytes gzip(const Bytes& data) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&stream, data.size()));
  stream.next_in = const_cast<Bytef*>(data.data());
  stream.avail_in = uInt(data.size());
  stream.next_out = out.data();
  stream.avail_out = uInt(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
inline Bytes zstd(const Bytes& data) {
  Bytes out(ZSTD_compressBound(data.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), data.data(), data.size(), 3));
  return out;
}
inline Bytes xz(const Bytes& data) {
  Bytes out(lzma_stream_buffer_bound(data.size()));
  std::size_t size = 0;
  if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, nullptr, data.data(), data.size(), out.data(),
                              &size, out.size()) != LZMA_OK)
    return {};
  out.resize(size);
  return out;
}

}  // namespace dnstorm::capture::pcap::test
