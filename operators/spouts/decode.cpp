#include "operators/spouts/decode.hpp"

#include <algorithm>
#include <optional>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/packet/fragments.hpp"
#include "capture/stream/tcp_streams.hpp"
#include "engine/api/keyed_state.hpp"
#include "engine/base/cursor.hpp"
#include "operators/spouts/cdns_messages.hpp"
#include "operators/spouts/decode_options.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/dnstap_messages.hpp"
#include "operators/spouts/message_part_writer.hpp"
#include "operators/spouts/message_row_writer.hpp"
#include "operators/spouts/packet_classes.hpp"
#include "operators/spouts/packet_schema.hpp"
#include "operators/spouts/stream_counters.hpp"

namespace dnstorm::operators {

namespace dns = capture::dns;
namespace dnstap = capture::dnstap;
namespace packet = capture::packet;

namespace {

constexpr std::uint8_t udp_protocol = 17;

// Streams and fragments are kept by key group, as if each had a table of its own: what is given up
// for room does not depend on the number of tasks.
class Decode final : public Bolt, private capture::stream::MessageSink, private KeyedState {
 public:
  explicit Decode(DecodeOptions options) : options_(std::move(options)) {
    if (options_.tcp) streams_.emplace(options_.stream_limits);
    if (options_.fragments) fragments_.emplace(options_.fragment_limits);
  }

  Result<void> prepare(const TaskContext& task) override {
    in_ = PacketFields(*task.inputs[0].schema);
    rows_.open(task.outputs);
    parts_ = MessagePartWriter(task.outputs);
    if (task.outputs[frames_stream]) frame_row_ = DnstapFrameWriter(*task.outputs[frames_stream]);
    if (task.outputs[packets_stream]) class_ = PacketClassRefs(*task.outputs[packets_stream]);
    if (task.outputs[icmp_stream]) icmp_ = IcmpRefs(*task.outputs[icmp_stream]);
    per_second_ = task.outputs[packets_stream] != nullptr;
    keep_.sections = options_.whole;
    keep_.records =
        task.outputs[questions_stream] || parts_.records_read() || rows_.reads_records();
    keep_.qname = rows_.reads_name() || icmp_.qname.present();
    classes_.open(task);
    counters_.open(task);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    out_ = &out;
    for (RowView row : in.rows()) {
      TimeNs time = row.get(in_.time);
      if (per_second_) turn_second(time, out);
      auto bytes = row.get(in_.bytes);
      classes_.add(decode(row, time, bytes, out), bytes.size());
    }
    packets_seen_ += in.rows().size();
    settle(out);
  }

  void watermark(TimeNs now, Emitter& out) override {
    out_ = &out;
    if (streams_) streams_->expire(now, *this);
    if (fragments_) fragments_->expire(now);
    watermark_ = now;
    publish();
  }

  Result<void> finish(Emitter&) override {
    DNSTORM_ASSERT(packets_seen_ == classes_.total(),
                   "captured = parsed + malformed + not DNS + filtered", packets_seen_,
                   classes_.total());
    return {};
  }

  // What comes out of a connection that is given up is not to be before it (message()).
  Result<void> save(StateWriter& out) override {
    out.put(watermark_);
    return {};
  }
  Result<void> restore(StateReader& in) override {
    watermark_ = in.get<TimeNs>();
    return {};
  }
  std::vector<KeyedState*> keyed_state() override { return {this}; }

 private:
  void save_groups(GroupSections& out) const override {
    for (std::uint32_t group = 0; group < key_groups; ++group) {
      if ((!streams_ || streams_->open(group) == 0) &&
          (!fragments_ || fragments_->open(group) == 0))
        continue;
      if (streams_) streams_->save_group(group, out.of(group));
      if (fragments_) fragments_->save_group(group, out.of(group));
    }
  }
  bool restore_group(std::uint32_t group, StateReader& in) override {
    return (!streams_ || streams_->restore_group(group, in)) &&
           (!fragments_ || fragments_->restore_group(group, in)) && in.at_end();
  }

  bool watched(std::uint16_t port) const {
    return std::ranges::find(options_.ports, port) != options_.ports.end();
  }
  bool ours(const packet::Datagram& datagram) const {
    return datagram.has_ports && (watched(datagram.dst_port) || watched(datagram.src_port));
  }

  PacketClasses::ClassId decode(const RowView& row, TimeNs time,
                                std::span<const std::uint8_t> bytes, Emitter& out) {
    std::uint16_t link_number = row.get(in_.link);
    if (link_number >= link_first_own) return decode_frame(link_number, time, bytes, out);
    auto link = static_cast<packet::LinkType>(link_number);
    packet::Verdict verdict = packet::decode(link, bytes, row.get(in_.original_length), datagram_);
    if (verdict == packet::Verdict::udp) [[likely]]
      return udp(time, out);
    return other(verdict, link, time, bytes, out);
  }

  PacketClasses::ClassId udp(TimeNs time, Emitter& out) {
    if (!ours(datagram_)) return unwatched(time, out);
    dns::ParseError error = dns::parse(datagram_.payload, message_, keep_);
    if (message_.header_ok) emit(datagram_, time, error != dns::ParseError::none, 0, out);
    return PacketClasses::of(error);
  }

  PacketClasses::ClassId other(packet::Verdict verdict, packet::LinkType link, TimeNs time,
                               std::span<const std::uint8_t> bytes, Emitter& out) {
    if (verdict == packet::Verdict::fragment && fragments_) {
      std::span<const std::uint8_t> whole;
      auto added = fragments_->add(group_of(link, bytes), datagram_, time, whole);
      if (added != packet::Fragments::Added::complete) return PacketClasses::of(added);
      verdict = packet::decode_payload(whole, datagram_);
    }
    switch (verdict) {
      case packet::Verdict::udp:
        return udp(time, out);
      case packet::Verdict::tcp:
        return tcp(group_of(link, bytes), time);
      case packet::Verdict::icmp:
        return icmp(time, out);
      case packet::Verdict::truncated:
        return truncated(time, out);
      default:
        return PacketClasses::of(verdict, ours(datagram_));
    }
  }

  // The key group of the frame, as the fields grouping [hosts] has it.
  std::uint32_t group_of(packet::LinkType link, std::span<const std::uint8_t> bytes) const {
    std::uint64_t hosts = datagram_.tunnels == 0 ? packet::hosts_hash(datagram_.src, datagram_.dst)
                                                 : packet::hosts_hash(link, bytes);
    return key_group(
        KeyReader::fixed_hash(Type::u64, sizeof hosts, reinterpret_cast<const std::byte*>(&hosts)));
  }

  // What the snap length cut off is no fault of the message.
  PacketClasses::ClassId truncated(TimeNs time, Emitter& out) {
    bool wanted = ours(datagram_);
    if (wanted && datagram_.protocol == udp_protocol) {
      bool read = dns::parse(datagram_.payload, message_, keep_) == dns::ParseError::none;
      bool enough = read && !options_.whole;
      if (message_.header_ok) emit(datagram_, time, !enough, 0, out);
      if (enough) return PacketClasses::of(dns::ParseError::none);
    }
    return PacketClasses::of(packet::Verdict::truncated, wanted);
  }

  PacketClasses::ClassId tcp(std::uint32_t group, TimeNs time) {
    if (!streams_) return PacketClasses::of(packet::Verdict::tcp, ours(datagram_));
    if (!ours(datagram_) &&
        !(options_.detect && (streams_->knows(group, datagram_) || detected_stream())))
      return PacketClasses::of(packet::Verdict::tcp, false);
    stream_error_ = dns::ParseError::none;
    auto taken = streams_->take(group, datagram_, time, *this);
    if (taken == capture::stream::Taken::message) return PacketClasses::of(stream_error_);
    return PacketClasses::of(taken);
  }

  void message(const packet::Datagram& ends, TimeNs when, std::span<const std::uint8_t> wire,
               bool cut, std::uint32_t rtt_us) override {
    dns::ParseError error = dns::parse(wire, message_, keep_);
    if (error != dns::ParseError::none && !cut) stream_error_ = error;
    // What comes out of a connection that is given up is later than what was said to be past.
    if (message_.header_ok)
      emit(ends, std::max(when, watermark_), error != dns::ParseError::none || cut, rtt_us, *out_);
  }

  // A segment that begins with a whole message, on a port that is not watched.
  bool detected_stream() {
    std::span<const std::uint8_t> data = datagram_.payload;
    if (data.size() < 2) return false;
    std::size_t size = load_be16(data.data());
    return size <= data.size() - 2 && detected(data.subspan(2, size));
  }

  // The error is of use to whoever asked in vain: a message kind of its own.
  PacketClasses::ClassId icmp(TimeNs time, Emitter& out) {
    std::span<const std::uint8_t> error = datagram_.payload;
    constexpr std::size_t header = 8;
    if (error.size() <= header || !quotes(error[0], datagram_.v6))
      return PacketClasses::of(packet::Verdict::icmp, false);
    packet::Verdict verdict = packet::decode_quote(error.subspan(header), datagram_.v6, quoted_);
    bool udp = quoted_.protocol == udp_protocol && quoted_.has_ports &&
               (verdict == packet::Verdict::udp || verdict == packet::Verdict::truncated);
    if (!udp || !ours(quoted_)) return PacketClasses::of(packet::Verdict::icmp, false);
    dns::parse(quoted_.payload, message_, keep_);
    if (!message_.header_ok) return PacketClasses::of(packet::Verdict::icmp, false);
    if (out.wanted(icmp_stream)) emit_quote(time, error[0], error[1], out);
    return PacketClasses::icmp_quote();
  }
  // Errors, by RFC 792 and RFC 4443.
  static bool quotes(std::uint8_t type, bool v6) {
    return v6 ? type >= 1 && type <= 4
              : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  }

  // Whether a datagram on a port that is not watched is a DNS message all the same: a whole one,
  // with one question of the Internet class and nothing behind it. Other protocols of the DNS
  // family look alike and are told by their ports: mDNS, LLMNR, NetBIOS.
  bool detected(std::span<const std::uint8_t> wire) {
    return dns::parse(wire, message_, keep_) == dns::ParseError::none &&
           message_.question_count == 1 && message_.qclass == dns::dns_class::in &&
           message_.qtype != 0 && message_.opcode == dns::opcode::query &&
           message_.trailing_bytes == 0;
  }
  PacketClasses::ClassId unwatched(TimeNs time, Emitter& out) {
    for (std::uint16_t port : {datagram_.src_port, datagram_.dst_port}) {
      if (port == 5353) return family(PacketClasses::mdns());
      if (port == 5355) return family(PacketClasses::llmnr());
      if (port == 137) return PacketClasses::other_port();
    }
    if (!options_.detect || !detected(datagram_.payload)) return PacketClasses::other_port();
    emit(datagram_, time, false, 0, out);
    return PacketClasses::of(dns::ParseError::none);
  }
  PacketClasses::ClassId family(PacketClasses::ClassId kind) {
    dns::parse(datagram_.payload, message_, {.qname = false, .records = false});
    return message_.header_ok ? kind : PacketClasses::other_port();
  }

  // A dnstap frame is one packet, of however many messages. What is wrong with one of them is wrong
  // with the frame.
  PacketClasses::ClassId decode_frame(std::uint16_t link, TimeNs time,
                                      std::span<const std::uint8_t> bytes, Emitter& out) {
    if (link == link_foreign_frame) return PacketClasses::foreign_frame();
    if (link == link_bad_line) return PacketClasses::bad_line();
    if (link == link_cdns) return decode_stored(time, bytes, out);
    dnstap::DecodeError error = dnstap::decode(bytes, frame_);
    if (error != dnstap::DecodeError::none) return PacketClasses::of(error);
    if (out.wanted(frames_stream))
      frame_row_.write(frame_, time, bytes.size(), out.row(frames_stream));
    PacketClasses::ClassId found = PacketClasses::empty_frame();
    for (bool response : {false, true}) {
      auto message = response ? frame_.response_message : frame_.query_message;
      if (message.data() == nullptr) continue;
      PacketClasses::ClassId one = decode_framed(message, response, time, out);
      if (found == PacketClasses::empty_frame() || one != PacketClasses::of(dns::ParseError::none))
        found = one;
    }
    return found;
  }

  // What a C-DNS file stores is DNS, whatever its ports.
  PacketClasses::ClassId decode_stored(TimeNs time, std::span<const std::uint8_t> bytes,
                                       Emitter& out) {
    CdnsMessage stored = read_cdns_message(bytes, datagram_);
    if (!has_message(stored.what)) return PacketClasses::of(stored.what);
    dns::ParseError error = dns::parse(datagram_.payload, message_, keep_);
    if (message_.header_ok)
      emit({time, error != dns::ParseError::none, datagram_, message_,
            ends_of(datagram_, message_.qr), 0, nullptr, stored.kind},
           out);
    return PacketClasses::of(error);
  }

  PacketClasses::ClassId decode_framed(std::span<const std::uint8_t> wire, bool response,
                                       TimeNs time, Emitter& out) {
    Ends ends = datagram_of(frame_, wire, response, datagram_);
    dns::ParseError error = dns::parse(wire, message_, keep_);
    if (message_.header_ok)
      emit({time, error != dns::ParseError::none, datagram_, message_, ends, 0, &frame_}, out);
    return PacketClasses::of(error);
  }

  void emit(const packet::Datagram& datagram, TimeNs time, bool malformed, std::uint32_t rtt_us,
            Emitter& out) {
    emit({time, malformed, datagram, message_, ends_of(datagram, message_.qr), rtt_us}, out);
  }
  void emit(const MessageContext& context, Emitter& out) {
    rows_.write(context, out);
    parts_.write(context, out);
  }

  void emit_quote(TimeNs time, std::uint8_t type, std::uint8_t code, Emitter& out) {
    RowWriter row = out.row(icmp_stream);
    row.set(icmp_.time, time);
    row.set(icmp_.type, type);
    row.set(icmp_.code, code);
    row.set(icmp_.reporter, datagram_.src);
    row.set(icmp_.told, datagram_.dst);
    row.set(icmp_.src, quoted_.src);
    row.set(icmp_.dst, quoted_.dst);
    row.set(icmp_.src_port, quoted_.src_port);
    row.set(icmp_.dst_port, quoted_.dst_port);
    row.set(icmp_.ip_version, static_cast<std::uint8_t>(quoted_.v6 ? 6 : 4));
    row.set(icmp_.id, message_.id);
    row.set(icmp_.qr, message_.qr);
    row.set(icmp_.qtype, message_.qtype);
    if (message_.has_question) row.set_str(icmp_.qname, message_.qname, message_.qname_hash);
  }

  // The classes are told per second of event time.
  void turn_second(TimeNs time, Emitter& out) {
    if (time >= second_ && time - second_ < ns_per_s) [[likely]]
      return;
    settle(out);
    second_ = time - ((time % ns_per_s) + ns_per_s) % ns_per_s;
  }

  void settle(Emitter& out) {
    if (per_second_) {
      const auto& cells = classes_.cells();
      for (std::size_t id = 0; id < cells.size(); ++id)
        if (cells[id].packets != 0) emit_class(PacketClasses::table()[id], cells[id], out);
    }
    classes_.settle();
    publish();
  }
  void publish() {
    if (streams_) counters_.publish(*streams_);
    if (fragments_) counters_.publish(*fragments_);
  }

  void emit_class(const PacketClasses::Class& what, const PacketClasses::Cell& cell, Emitter& out) {
    RowWriter row = out.row(packets_stream);
    row.set(class_.time, second_);
    row.set_str(class_.outcome, to_string(what.outcome));
    row.set_str(class_.reason, what.reason);
    row.set(class_.packets, cell.packets);
    row.set(class_.bytes, cell.bytes);
  }

  DecodeOptions options_;
  std::optional<capture::stream::TcpStreams> streams_;
  std::optional<packet::Fragments> fragments_;
  PacketFields in_;
  MessageRows rows_;
  MessagePartWriter parts_;
  PacketClassRefs class_;
  DnstapFrameWriter frame_row_;
  dnstap::Dnstap frame_;
  IcmpRefs icmp_;
  packet::Datagram datagram_, quoted_;
  dns::Message message_;
  dns::Keep keep_;
  PacketClasses classes_;
  StreamCounters counters_;
  Emitter* out_ = nullptr;  // of the call at hand
  dns::ParseError stream_error_ = dns::ParseError::none;
  TimeNs watermark_ = time_min;
  bool per_second_ = false;
  TimeNs second_ = 0;
  std::uint64_t packets_seen_ = 0;
};

}  // namespace

OperatorDef decode_operator() {
  OperatorDef def;
  def.name = "decode";
  def.summary = "DNS messages, their parts and their packets out of packets and dnstap frames";
  def.options = decode_option_specs();
  def.example = "- id: dns\n  className: decode\n  parallelism: 2\n  properties: {ports: [53]}\n";
  def.declare = declare_decode;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    return std::make_unique<Decode>(*read_decode_options(options));
  };
  return def;
}

}  // namespace dnstorm::operators
