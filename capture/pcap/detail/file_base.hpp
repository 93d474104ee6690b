// What the readers of both formats share: the window, the end and the error, which last.
#pragma once

#include <fmt/format.h>

#include "capture/file/window.hpp"
#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::pcap::detail {

using file::Window;

// No packet is longer in earnest: libpcap keeps at most 256 KiB of one. A file whose own snap
// length is larger is believed up to 16 MiB, beyond that a length is damage.
inline constexpr std::uint32_t packet_bytes_usual = 262'144;
inline constexpr std::uint32_t packet_bytes_max = 16u << 20;

class FileBase : public FileReader {
 public:
  FileBase(std::string name, Window window) : name_(std::move(name)), window_(std::move(window)) {}

  void lend_blocks() final { window_.lend_blocks(); }
  const Error& error() const final {
    DNSTORM_ASSERT(state_ == Read::error, "error() is asked for after Read::error only");
    return error_;
  }
  std::uint64_t packets() const final { return packets_; }
  std::uint64_t bytes_read() const final { return window_.source().bytes_read(); }
  std::uint64_t bytes_total() const final { return window_.source().bytes_total(); }

 protected:
  // Not inlined, so that next() needs no room for what these put together.
  [[gnu::noinline, gnu::cold]] Read fail(std::string_view what, ErrorKind kind = ErrorKind::data) {
    error_ = {kind,
              fmt::format("{}: damaged in packet {} at byte {}: {}", name_, packets_ + 1,
                          window_.offset(), what),
              {}};
    return state_ = Read::error;
  }

  [[gnu::noinline, gnu::cold]] Read too_long(std::uint32_t length) {
    return fail(fmt::format("a packet of {} bytes", length));
  }

  // The stream ended before `wanted` bytes: the proper end if it ended between two packets.
  [[gnu::noinline, gnu::cold]] Read end_of_stream(std::size_t wanted) {
    const std::optional<Error>& failure = window_.failure();
    if (failure && failure->kind == ErrorKind::io) return fail(failure->what, failure->kind);
    if (!failure && window_.size() == 0) return state_ = Read::end;
    std::string why =
        failure ? failure->what : fmt::format("{} of {} bytes are there", window_.size(), wanted);
    error_ = {ErrorKind::data,
              fmt::format("{}: cut off in packet {} at byte {}: {}", name_, packets_ + 1,
                          window_.offset(), why),
              {}};
    return state_ = Read::error;
  }

  std::string name_;  // as messages show it
  Window window_;
  Read state_ = Read::packet;  // anything else is final
  std::uint64_t packets_ = 0;
  Error error_;
};

// A number in the byte order of the file.
inline std::uint32_t load32(const std::uint8_t* at, bool swap) {
  std::uint32_t v;
  std::memcpy(&v, at, 4);
  return swap ? __builtin_bswap32(v) : v;
}
inline std::uint16_t load16(const std::uint8_t* at, bool swap) {
  std::uint16_t v;
  std::memcpy(&v, at, 2);
  return swap ? __builtin_bswap16(v) : v;
}

// The head of the file is in the window and tells the format.
bool is_pcap(const Window& window);
bool is_pcapng(const Window& window);
Result<std::unique_ptr<FileReader>> open_pcap(std::string name, Window window);
Result<std::unique_ptr<FileReader>> open_pcapng(std::string name, Window window);

}  // namespace dnstorm::capture::pcap::detail
