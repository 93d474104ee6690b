// Messages out of captures.
#include "capture/convert/detail/sources.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/pcap/reader.hpp"

namespace dnstorm::capture::convert::detail {
namespace {

constexpr std::uint16_t dns_port = 53;

class CaptureSource final : public MessageSource {
 public:
  explicit CaptureSource(std::unique_ptr<pcap::FileReader> file) : file_(std::move(file)) {}

  Read next(CapturedMessage& out) override {
    for (;;) {
      pcap::Packet packet;
      pcap::Read read = file_->next(packet);
      if (read == pcap::Read::end) return Read::end;
      if (read == pcap::Read::error) return Read::error;
      if (take(packet, out)) return Read::message;
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
  // The same choice as the `decode` bolt's.
  bool take(const pcap::Packet& packet, CapturedMessage& out) {
    packet::Verdict verdict =
        packet::decode(packet.link, packet.bytes, packet.original_length, datagram_);
    bool ours =
        datagram_.has_ports && (datagram_.src_port == dns_port || datagram_.dst_port == dns_port);
    bool cut = verdict == packet::Verdict::truncated;
    if (verdict != packet::Verdict::udp && !(cut && ours))
      return ++verdicts_[static_cast<std::size_t>(verdict)], false;
    dns::ParseError error =
        dns::parse(datagram_.payload, message_, {.qname = false, .records = false});
    if (!ours && !detected(error)) return ++other_port_, false;
    out = {};
    out.time = packet.time;
    out.src = datagram_.src;
    out.dst = datagram_.dst;
    out.has_src = out.has_dst = true;
    out.v6 = datagram_.v6;
    out.src_port = datagram_.src_port;
    out.dst_port = datagram_.dst_port;
    out.ttl = datagram_.ttl;
    out.response = message_.header_ok && message_.qr;
    out.cut = cut;
    out.wire = datagram_.payload;
    return true;
  }

  bool detected(dns::ParseError error) const {
    for (std::uint16_t port : {datagram_.src_port, datagram_.dst_port})
      if (port == 5353 || port == 5355 || port == 137) return false;
    return error == dns::ParseError::none && message_.question_count == 1 &&
           message_.qclass == dns::dns_class::in && message_.qtype != 0 &&
           message_.opcode == dns::opcode::query && message_.trailing_bytes == 0;
  }

  std::unique_ptr<pcap::FileReader> file_;
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
