// One sender of a FrameServer: its bytes, where it stands in the protocol, what it has counted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "capture/dnstap/byte_stream.hpp"
#include "capture/dnstap/frame_queue.hpp"
#include "capture/dnstap/frame_receiver.hpp"
#include "capture/dnstap/frame_server.hpp"

namespace dnstorm::capture::dnstap::detail {

// Where frames go. False: dropped.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  virtual bool take(std::span<const std::uint8_t> frame) = 0;
};

class Connection {
 public:
  Connection(std::unique_ptr<ByteStream> stream, TimeNs now)
      : stream_(std::move(stream)), since_(now) {}

  // All connections read into one buffer of this size: a frame that was begun, and more.
  static constexpr std::size_t read_bytes = 256 * 1024;
  static constexpr std::size_t scratch_bytes = frame_bytes_max + 8 + read_bytes;

  enum class Next : std::uint8_t {
    wait,   // for the descriptor
    again,  // there is more to read at once
    close,
  };
  // Reads what there is, up to a limit, so that one sender does not starve the others.
  Next serve(std::span<std::uint8_t> scratch, FrameSink& sink, ServerCounts& all,
             SenderCounts& own);

  int fd() const { return stream_->fd(); }
  bool wants_to_write() const { return reply_.size() > 0; }
  bool started() const { return receiver_.started(); }
  TimeNs since() const { return since_; }
  // When it is closed: into which counter it goes.
  void count_end(ServerCounts& all) const;

 private:
  bool process(std::span<const std::uint8_t> bytes, FrameSink& sink, ServerCounts& all,
               SenderCounts& own);
  bool flush();

  std::unique_ptr<ByteStream> stream_;
  FrameReceiver receiver_;
  std::vector<std::uint8_t> kept_;   // the beginning of a frame
  std::vector<std::uint8_t> reply_;  // a few control frames at most
  TimeNs since_;
};

}  // namespace dnstorm::capture::dnstap::detail
