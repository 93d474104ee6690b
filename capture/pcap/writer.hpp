// Writes packets into a capture file of the classic pcap format (draft-ietf-opsawg-pcap): whole
// microseconds or nanoseconds, little-endian on every machine, plain or compressed.
//
// open() -> any number of write() -> close(). The ending of the path chooses: ".gz" gzip, ".zst"
// Zstandard, anything else plain; "-" is standard output, plain. Writes are collected in a buffer
// of a MiB. close() reports what could not be written; the destructor only tidies up. One owner,
// one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace dnstorm::capture::file {
class ByteSink;
}

namespace dnstorm::capture::pcap {

struct WriterOptions {
  bool nanoseconds = false;
  std::uint32_t link_type = 1;         // LINKTYPE_ETHERNET
  std::uint32_t snap_length = 262144;  // longer packets are cut, as a capture would
};

class Writer {
 public:
  static Result<std::unique_ptr<Writer>> open(const std::string& path, WriterOptions options = {});
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // `original_length`: what the packet had on the wire, if more than the bytes given (0: the same).
  // Times before 1970 or after 2106 do not fit the format: ErrorKind::data.
  Result<void> write(TimeNs time, std::span<const std::uint8_t> packet,
                     std::uint32_t original_length = 0);
  Result<void> close();

  std::uint64_t packets() const { return packets_; }
  std::uint64_t bytes() const { return bytes_; }  // before compression, the file header included

 private:
  Writer(std::unique_ptr<file::ByteSink> sink, WriterOptions options);
  void put_file_header();
  Result<void> flush();

  std::unique_ptr<file::ByteSink> sink_;
  WriterOptions options_;
  std::vector<std::uint8_t> buffer_;
  std::uint64_t packets_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace dnstorm::capture::pcap
