// Messages out of captures.
#include "capture/convert/detail/sources.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/packet/fragments.hpp"
#include "capture/pcap/reader.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

constexpr std::uint16_t dns_port = 53;

class CaptureSource final : public MessageSource, private stream::MessageSink {
 public:
  explicit CaptureSource(std::unique_ptr<pcap::FileReader> file) : file_(std::move(file)) {}

  Read next(CapturedMessage& out) override {
    for (;;) {
      if (given_ != ready_.size()) return give(out);
      ready_.clear();
      given_ = 0;
      pcap::Packet packet;
      pcap::Read read = file_->next(packet);
      if (read == pcap::Read::packet) {
        if (take(packet, out)) return Read::message;
        continue;
      }
      // What lies behind holes of connections is handed on before the end is told.
      if (!flushed_) {
        flushed_ = true;
        streams_.expire(time_max, *this);
        if (!ready_.empty()) continue;
      }
      return read == pcap::Read::end ? Read::end : Read::error;
    }
  }
  const Error& error() const override { return file_->error(); }
  Format format() const override { return Format::pcap; }
  const Reasons& left_out() override {
    for (std::size_t i = 0; i < packet::verdict_count; ++i)
      if (verdicts_[i] != 0)
        reasons_[std::string(to_string(static_cast<packet::Verdict>(i)))] = verdicts_[i];
    if (other_port_ != 0) reasons_["other_port"] = other_port_;
    return reasons_;
  }
  std::uint64_t bytes_read() const override { return file_->bytes_read(); }
  std::uint64_t bytes_total() const override { return file_->bytes_total(); }

 private:
  // Of a TCP connection: it has bytes of its own, for a segment may hold several.
  struct Held {
    CapturedMessage message;
    std::vector<std::uint8_t> wire;
  };

  Read give(CapturedMessage& out) {
    const Held& held = ready_[given_++];
    out = held.message;
    out.wire = held.wire;
    return Read::message;
  }

  // The same choice as the `decode` bolt's.
  bool take(const pcap::Packet& packet, CapturedMessage& out) {
    packet::Verdict verdict =
        packet::decode(packet.link, packet.bytes, packet.original_length, datagram_);
    if (verdict == packet::Verdict::fragment) {
      std::span<const std::uint8_t> whole;
      if (fragments_.add(0, datagram_, packet.time, whole) == packet::Fragments::Added::complete)
        verdict = packet::decode_payload(whole, datagram_);
    }
    if (verdict == packet::Verdict::tcp && is_ours_or_known()) {
      streams_.take(0, datagram_, packet.time, *this);
      streams_.expire(packet.time, *this);
      return false;
    }
    bool cut = verdict == packet::Verdict::truncated && is_ours() && datagram_.protocol == 17;
    if (verdict != packet::Verdict::udp && !cut)
      return ++verdicts_[static_cast<std::size_t>(verdict)], false;
    dns::ParseError error =
        dns::parse(datagram_.payload, message_, {.qname = false, .records = false});
    if (!is_ours() && !detected(error)) return ++other_port_, false;
    fill(datagram_, packet.time, cut, out);
    out.wire = datagram_.payload;
    return true;
  }

  bool is_ours() const {
    return datagram_.has_ports &&
           (datagram_.src_port == dns_port || datagram_.dst_port == dns_port);
  }
  // A connection on another port is told by a segment that begins with a whole message.
  bool is_ours_or_known() {
    if (is_ours() || streams_.knows(0, datagram_)) return true;
    std::span<const std::uint8_t> data = datagram_.payload;
    if (data.size() < 2) return false;
    std::size_t size = load_be16(data.data());
    if (size > data.size() - 2) return false;
    return detected(
        dns::parse(data.subspan(2, size), message_, {.qname = false, .records = false}));
  }

  void fill(const packet::Datagram& ends, TimeNs time, bool cut, CapturedMessage& out) const {
    out = {};
    out.time = time;
    out.src = ends.src;
    out.dst = ends.dst;
    out.has_src = out.has_dst = true;
    out.v6 = ends.v6;
    out.src_port = ends.src_port;
    out.dst_port = ends.dst_port;
    out.ttl = ends.ttl;
    out.response = message_.header_ok && message_.qr;
    out.cut = cut;
  }

  void message(const packet::Datagram& ends, TimeNs when, std::span<const std::uint8_t> wire,
               bool cut, std::uint32_t) override {
    dns::parse(wire, message_, {.qname = false, .records = false});
    if (!message_.header_ok) return;
    Held& held = ready_.emplace_back();
    fill(ends, when, cut, held.message);
    held.message.transport = cdns::Transport::tcp;
    held.wire.assign(wire.begin(), wire.end());
  }

  bool detected(dns::ParseError error) const {
    for (std::uint16_t port : {datagram_.src_port, datagram_.dst_port})
      if (port == 5353 || port == 5355 || port == 137) return false;
    return error == dns::ParseError::none && message_.question_count == 1 &&
           message_.qclass == dns::dns_class::in && message_.qtype != 0 &&
           message_.opcode == dns::opcode::query && message_.trailing_bytes == 0;
  }

  std::unique_ptr<pcap::FileReader> file_;
  stream::TcpStreams streams_{{}};
  packet::Fragments fragments_{{}};
  std::vector<Held> ready_;
  std::size_t given_ = 0;  // of `ready_`
  bool flushed_ = false;
  packet::Datagram datagram_;
  dns::Message message_;
  std::uint64_t verdicts_[packet::verdict_count] = {};
  std::uint64_t other_port_ = 0;
  Reasons reasons_;
};

}  // namespace

Opened open_capture(std::string name, file::Window window) {
  auto file = DNSTORM_TRY(pcap::FileReader::open(std::move(name), std::move(window)));
  return std::unique_ptr<MessageSource>(std::make_unique<CaptureSource>(std::move(file)));
}

}  // namespace dnstorm::capture::convert::detail
