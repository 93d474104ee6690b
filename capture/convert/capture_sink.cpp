// Messages into captures: Ethernet frames with right lengths and checksums. A message of a stream
// transport becomes segments of plain DNS over TCP without a handshake, in one row for each
// direction; one of an encrypted transport goes to port 53, as no key could open it.
#include <algorithm>
#include <unordered_map>

#include "capture/convert/detail/sinks.hpp"
#include "capture/file/sink.hpp"
#include "capture/pcap/writer.hpp"
#include "capture/synth/frame.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

using Bytes = std::vector<std::uint8_t>;
using cdns::Transport;

constexpr std::size_t datagram_bytes_max = 65507;  // IPv4: 65,535 less both headers
constexpr std::size_t segment_bytes = 16384;
constexpr std::size_t flows_max = 65536;
constexpr std::uint8_t default_ttl = 64;
constexpr TimeNs time_last = TimeNs{0xffffffff} * ns_per_s;  // of pcap's 32 bits

// Frames into a file of either format.
class FrameWriter {
 public:
  virtual ~FrameWriter() = default;
  virtual Result<void> write(TimeNs time, std::span<const std::uint8_t> frame) = 0;
  virtual Result<void> close() = 0;
};

class PcapWriter final : public FrameWriter {
 public:
  explicit PcapWriter(std::unique_ptr<pcap::Writer> file) : file_(std::move(file)) {}
  Result<void> write(TimeNs time, std::span<const std::uint8_t> frame) override {
    return file_->write(time, frame);
  }
  Result<void> close() override { return file_->close(); }

 private:
  std::unique_ptr<pcap::Writer> file_;
};

// One section, one Ethernet interface, nanoseconds (draft-ietf-opsawg-pcapng 4).
class PcapngWriter final : public FrameWriter {
 public:
  explicit PcapngWriter(std::unique_ptr<file::ByteSink> sink) : sink_(std::move(sink)) {
    for (std::uint32_t word : {0x0a0d0d0aU, 28U, 0x1a2b3c4dU, 1U, ~0U, ~0U, 28U}) put32(word);
    // if_tsresol (9), one byte: 10^-9; end of options
    for (std::uint32_t word : {1U, 32U, 1U, 0U, 9U | 1U << 16U, 9U, 0U, 32U}) put32(word);
  }
  Result<void> write(TimeNs time, std::span<const std::uint8_t> frame) override {
    auto ns = static_cast<std::uint64_t>(time);
    auto size = static_cast<std::uint32_t>(frame.size());
    std::uint32_t padding = (4U - size % 4U) % 4U;
    std::uint32_t length = 32U + size + padding;
    for (std::uint32_t word : {6U, length, 0U, static_cast<std::uint32_t>(ns >> 32U),
                               static_cast<std::uint32_t>(ns), size, size})
      put32(word);
    buffer_.insert(buffer_.end(), frame.begin(), frame.end());
    buffer_.insert(buffer_.end(), padding, 0);
    put32(length);
    return buffer_.size() < (1U << 20U) ? Result<void>() : flush();
  }
  Result<void> close() override {
    DNSTORM_CHECK(flush());
    return sink_->finish();
  }

 private:
  void put32(std::uint32_t word) {
    for (unsigned i = 0; i < 4; ++i) buffer_.push_back(static_cast<std::uint8_t>(word >> 8U * i));
  }
  Result<void> flush() {
    DNSTORM_CHECK(sink_->put(buffer_));
    buffer_.clear();
    return {};
  }
  std::unique_ptr<file::ByteSink> sink_;
  Bytes buffer_;
};

class CaptureSink final : public MessageSink {
 public:
  explicit CaptureSink(std::unique_ptr<FrameWriter> file) : file_(std::move(file)) {}

  Result<Refusal> put(const CapturedMessage& message) override {
    if (message.time < 0 || message.time > time_last) return Refusal::bad_time;
    bool stream = is_stream(message.transport);
    std::size_t max = stream ? 65535 : datagram_bytes_max;
    if (message.wire.size() > max) return Refusal::too_long;
    synth::Endpoints ends = ends_of(message);
    if (stream) {
      DNSTORM_CHECK(put_stream(message, ends));
      return Refusal::none;
    }
    synth::build_udp(ends, message.wire, frame_);
    DNSTORM_CHECK(file_->write(message.time, frame_));
    return Refusal::none;
  }
  Result<void> close() override { return file_->close(); }
  const Reasons& notes() const override { return notes_; }

 private:
  synth::Endpoints ends_of(const CapturedMessage& message) {
    synth::Endpoints ends;
    // Without an address of its own: the unspecified one of the family of the other.
    bool v6 = (message.has_src && !message.src.is_v4()) ||
              (message.has_dst && !message.dst.is_v4()) ||
              (!message.has_src && !message.has_dst && message.v6);
    static constexpr std::uint8_t zero[16] = {};
    IpAddress any = v6 ? IpAddress::v6(zero) : IpAddress::v4(zero);
    bool mixed = message.has_src && message.has_dst && message.src.is_v4() != message.dst.is_v4();
    ends.src = message.has_src && !(mixed && message.src.is_v4()) ? message.src : any;
    ends.dst = message.has_dst && !(mixed && message.dst.is_v4()) ? message.dst : any;
    if (!message.has_src || !message.has_dst || mixed) ++notes_["address_default"];
    ends.src_port = message.src_port;
    ends.dst_port = message.dst_port;
    if (message.transport != Transport::udp && message.transport != Transport::tcp) {
      (message.response ? ends.src_port : ends.dst_port) = 53;
      ++notes_["transport_in_clear"];
    }
    ends.ttl = message.ttl == 0 ? default_ttl : message.ttl;
    return ends;
  }

  Result<void> put_stream(const CapturedMessage& message, const synth::Endpoints& ends) {
    std::size_t size = message.wire.size();
    stream_.assign({static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)});
    stream_.insert(stream_.end(), message.wire.begin(), message.wire.end());
    // Forgotten flows begin anew: a reader sees an old port used again.
    if (sequences_.size() >= flows_max) sequences_.clear();
    std::uint32_t acknowledged = sequences_.try_emplace(flow_of(ends.reversed()), 1U).first->second;
    std::uint32_t& sequence = sequences_.try_emplace(flow_of(ends), 1U).first->second;
    ++notes_["tcp_without_handshake"];
    for (std::size_t at = 0; at < stream_.size(); at += segment_bytes) {
      std::size_t length = std::min(segment_bytes, stream_.size() - at);
      synth::TcpFields tcp{sequence, acknowledged,
                           static_cast<std::uint8_t>(synth::tcp_ack | synth::tcp_push)};
      synth::build_tcp(ends, tcp, std::span<const std::uint8_t>(stream_).subspan(at, length),
                       frame_);
      DNSTORM_CHECK(file_->write(message.time, frame_));
      sequence += static_cast<std::uint32_t>(length);
    }
    return {};
  }

  static std::string flow_of(const synth::Endpoints& ends) {
    std::string flow(reinterpret_cast<const char*>(ends.src.bytes.data()), 16);
    flow.append(reinterpret_cast<const char*>(ends.dst.bytes.data()), 16);
    for (std::uint16_t port : {ends.src_port, ends.dst_port})
      flow.append({static_cast<char>(port >> 8U), static_cast<char>(port & 0xffU)});
    return flow;
  }

  std::unique_ptr<FrameWriter> file_;
  synth::Frame frame_;
  Bytes stream_;
  std::unordered_map<std::string, std::uint32_t> sequences_;
  Reasons notes_;
};

}  // namespace

OpenedSink open_capture_sink(const std::string& path, bool pcapng) {
  std::unique_ptr<FrameWriter> file;
  if (pcapng)
    file = std::make_unique<PcapngWriter>(DNSTORM_TRY(file::open_sink(path)));
  else
    file =
        std::make_unique<PcapWriter>(DNSTORM_TRY(pcap::Writer::open(path, {.nanoseconds = true})));
  return std::unique_ptr<MessageSink>(std::make_unique<CaptureSink>(std::move(file)));
}

}  // namespace dnstorm::capture::convert::detail
