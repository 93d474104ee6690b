#include "operators/spouts/decode.hpp"

#include <charconv>
#include <optional>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/dns/rdata.hpp"
#include "capture/packet/decode.hpp"
#include "operators/spouts/decode_schema.hpp"
#include "operators/spouts/dnstap_messages.hpp"
#include "operators/spouts/message_row_writer.hpp"
#include "operators/spouts/packet_classes.hpp"
#include "operators/spouts/packet_schema.hpp"

namespace dnstorm::operators {

namespace dns = capture::dns;
namespace dnstap = capture::dnstap;
namespace packet = capture::packet;

namespace {

constexpr std::size_t ports_max = 16;

class Decode final : public Bolt {
 public:
  Decode(std::vector<std::uint16_t> ports, bool detect)
      : ports_(std::move(ports)), detect_(detect) {}

  Result<void> prepare(const TaskContext& task) override {
    in_ = PacketFields(*task.inputs[0].schema);
    every_ = MessageRowWriter(task.outputs[messages_stream].get(), domains_);
    queries_ = MessageRowWriter(task.outputs[queries_stream].get(), domains_);
    responses_ = MessageRowWriter(task.outputs[responses_stream].get(), domains_);
    if (task.outputs[questions_stream]) question_ = QuestionRefs(*task.outputs[questions_stream]);
    if (task.outputs[records_stream]) record_ = RecordRefs(*task.outputs[records_stream]);
    if (task.outputs[options_stream]) option_ = OptionRefs(*task.outputs[options_stream]);
    if (task.outputs[frames_stream]) frame_row_ = DnstapFrameWriter(*task.outputs[frames_stream]);
    if (task.outputs[packets_stream]) class_ = PacketClassRefs(*task.outputs[packets_stream]);
    per_second_ = task.outputs[packets_stream] != nullptr;
    keep_.records = task.outputs[questions_stream] || task.outputs[records_stream];
    keep_.qname = every_.reads_name() || queries_.reads_name() || responses_.reads_name();
    classes_.open(task);
    return {};
  }

  void execute(const InputBatch& in, Emitter& out) override {
    for (RowView row : in.rows()) {
      TimeNs time = row.get(in_.time);
      if (per_second_) turn_second(time, out);
      auto bytes = row.get(in_.bytes);
      classes_.add(decode(row, time, bytes, out), bytes.size());
    }
    packets_seen_ += in.rows().size();
    settle(out);
  }

  Result<void> finish(Emitter&) override {
    DNSTORM_ASSERT(packets_seen_ == classes_.total(),
                   "captured = parsed + malformed + not DNS + filtered", packets_seen_,
                   classes_.total());
    return {};
  }

 private:
  bool watched(std::uint16_t port) const {
    for (std::uint16_t p : ports_)
      if (p == port) return true;
    return false;
  }

  PacketClasses::ClassId decode(const RowView& row, TimeNs time,
                                std::span<const std::uint8_t> bytes, Emitter& out) {
    std::uint16_t link_number = row.get(in_.link);
    if (link_number >= link_foreign_frame) return decode_frame(link_number, time, bytes, out);
    auto link = static_cast<packet::LinkType>(link_number);
    packet::Verdict verdict = packet::decode(link, bytes, row.get(in_.original_length), datagram_);
    bool ours = datagram_.has_ports && (watched(datagram_.dst_port) || watched(datagram_.src_port));
    bool cut = verdict == packet::Verdict::truncated;
    if (verdict != packet::Verdict::udp && !(cut && ours)) return PacketClasses::of(verdict, ours);
    if (!ours)
      return detect_ && detected() ? emit_detected(time, out) : PacketClasses::other_port();
    dns::ParseError error = dns::parse(datagram_.payload, message_, keep_);
    if (message_.header_ok) emit_packet(time, error != dns::ParseError::none || cut, out);
    // What the snap length cut off is no fault of the message.
    return cut ? PacketClasses::of(verdict, ours) : PacketClasses::of(error);
  }

  // Whether a datagram on a port that is not watched is a DNS message all the same: a whole one,
  // with one question of the Internet class and nothing behind it. Other protocols of the DNS
  // family look alike and are told by their ports: mDNS, LLMNR, NetBIOS.
  bool detected() {
    for (std::uint16_t port : {datagram_.src_port, datagram_.dst_port})
      if (port == 5353 || port == 5355 || port == 137) return false;
    return dns::parse(datagram_.payload, message_, keep_) == dns::ParseError::none &&
           message_.question_count == 1 && message_.qclass == dns::dns_class::in &&
           message_.qtype != 0 && message_.opcode == dns::opcode::query &&
           message_.trailing_bytes == 0;
  }
  PacketClasses::ClassId emit_detected(TimeNs time, Emitter& out) {
    emit_packet(time, false, out);
    return PacketClasses::of(dns::ParseError::none);
  }
  void emit_packet(TimeNs time, bool malformed, Emitter& out) {
    emit({time, malformed, datagram_, message_, ends_of(datagram_, message_.qr)}, out);
  }

  // A dnstap frame is one packet, of however many messages. What is wrong with one of them is wrong
  // with the frame.
  PacketClasses::ClassId decode_frame(std::uint16_t link, TimeNs time,
                                      std::span<const std::uint8_t> bytes, Emitter& out) {
    if (link == link_foreign_frame) return PacketClasses::foreign_frame();
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

  PacketClasses::ClassId decode_framed(std::span<const std::uint8_t> wire, bool response,
                                       TimeNs time, Emitter& out) {
    Ends ends = datagram_of(frame_, wire, response, datagram_);
    dns::ParseError error = dns::parse(wire, message_, keep_);
    if (message_.header_ok)
      emit({time, error != dns::ParseError::none, datagram_, message_, ends, &frame_}, out);
    return PacketClasses::of(error);
  }

  void emit(const MessageContext& context, Emitter& out) {
    TimeNs time = context.time;
    if (out.wanted(messages_stream)) every_.write(context, out.row(messages_stream));
    if (!message_.qr && out.wanted(queries_stream))
      queries_.write(context, out.row(queries_stream));
    if (message_.qr && out.wanted(responses_stream))
      responses_.write(context, out.row(responses_stream));
    if (out.wanted(questions_stream)) emit_questions(time, context.ends, out);
    if (out.wanted(records_stream)) emit_records(time, context.ends, out);
    if (out.wanted(options_stream)) emit_options(time, context.ends, out);
  }

  void emit_questions(TimeNs time, const Ends& ends, Emitter& out) {
    bool first = true;
    for (const dns::Question& question : message_.questions) {
      RowWriter row = out.row(questions_stream);
      row.set(question_.time, time);
      row.set(question_.client, ends.client);
      row.set(question_.server, ends.server);
      row.set(question_.qr, message_.qr);
      row.set(question_.qtype, question.type);
      row.set(question_.qclass, question.dns_class);
      if (first)
        row.set_str(question_.qname, message_.qname, message_.qname_hash);
      else
        row.set_str(question_.qname, message_.question_name(question));
      first = false;
    }
  }

  void emit_records(TimeNs time, const Ends& ends, Emitter& out) {
    static constexpr std::string_view sections[] = {"answer", "authority", "additional"};
    for (const dns::Record& record : message_.records) {
      RowWriter row = out.row(records_stream);
      row.set(record_.time, time);
      row.set(record_.client, ends.client);
      row.set(record_.server, ends.server);
      row.set_str(record_.qname, message_.qname, message_.qname_hash);
      row.set_str(record_.section, sections[static_cast<std::size_t>(record.section)]);
      row.set(record_.type, record.type);
      row.set(record_.record_class, record.dns_class);
      row.set(record_.ttl, record.ttl);
      row.set(record_.length, record.rdata_length);
      if (record_.owner.present()) row.set_str(record_.owner, message_.owner(record));
      if (record_.text.present()) row.set_str(record_.text, dns::rdata_text(message_, record));
    }
  }

  void emit_options(TimeNs time, const Ends& ends, Emitter& out) {
    for (const dns::EdnsOption& option : message_.edns.options) {
      RowWriter row = out.row(options_stream);
      row.set(option_.time, time);
      row.set(option_.client, ends.client);
      row.set(option_.server, ends.server);
      row.set(option_.qr, message_.qr);
      row.set(option_.code, option.code);
      row.set(option_.length, static_cast<std::uint16_t>(option.data.size()));
      if (option_.text.present()) row.set_str(option_.text, dns::option_text(option));
    }
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
  }

  void emit_class(const PacketClasses::Class& what, const PacketClasses::Cell& cell, Emitter& out) {
    RowWriter row = out.row(packets_stream);
    row.set(class_.time, second_);
    row.set_str(class_.outcome, to_string(what.outcome));
    row.set_str(class_.reason, what.reason);
    row.set(class_.packets, cell.packets);
    row.set(class_.bytes, cell.bytes);
  }

  std::vector<std::uint16_t> ports_;
  bool detect_;
  PacketFields in_;
  std::optional<RegisteredDomain> domains_;
  MessageRowWriter every_, queries_, responses_;
  QuestionRefs question_;
  RecordRefs record_;
  OptionRefs option_;
  PacketClassRefs class_;
  DnstapFrameWriter frame_row_;
  dnstap::Dnstap frame_;
  packet::Datagram datagram_;
  dns::Message message_;
  dns::Keep keep_;
  PacketClasses classes_;
  bool per_second_ = false;
  TimeNs second_ = 0;
  std::uint64_t packets_seen_ = 0;
};

Result<std::vector<std::uint16_t>> parse_ports(const Options& options) {
  std::vector<std::uint16_t> ports;
  for (const std::string& text : options.list("ports")) {
    std::uint16_t port = 0;
    auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (problem != std::errc() || rest != text.data() + text.size() || port == 0)
      return Error{ErrorKind::config,
                   fmt::format("option 'ports' takes port numbers from 1 to 65535, not '{}'", text),
                   "ports"};
    ports.push_back(port);
  }
  if (ports.empty() || ports.size() > ports_max)
    return Error{ErrorKind::config, fmt::format("option 'ports' takes 1 to {} ports", ports_max),
                 "ports"};
  return ports;
}

Result<Declaration> declare(const Options& options, const std::vector<InputDecl>& inputs) {
  DNSTORM_CHECK(parse_ports(options));
  if (inputs.size() != 1)
    return Error{ErrorKind::config, "takes one input: the packets of a `pcap` spout", ""};
  Declaration declaration;
  declaration.restorable = true;
  declaration.state = StateScope::none;
  std::vector<std::string> reads;
  for (const Field& field : packet_fields()) {
    Field found = DNSTORM_TRY(require_field(inputs[0], field.name, ""));
    if (found.type != field.type)
      return Error{
          ErrorKind::config,
          fmt::format("field '{}' of '{}' is {}, not {}: packets of a `pcap` spout are wanted",
                      field.name, inputs[0].component, to_string(found.type),
                      to_string(field.type)),
          ""};
    reads.push_back(field.name);
  }
  declaration.reads.push_back(std::move(reads));
  declaration.outputs = {{"default", message_fields()},     {"queries", message_fields()},
                         {"responses", message_fields()},   {"questions", question_fields()},
                         {"records", record_fields()},      {"options", option_fields()},
                         {"packets", packet_class_fields()}, {"frames", dnstap_frame_fields()}};
  return declaration;
}

}  // namespace

OperatorDef decode_operator() {
  OperatorDef def;
  def.name = "decode";
  def.summary =
      "DNS messages out of packets and dnstap frames; streams: default, queries, responses, "
      "questions, records, "
      "options, packets, frames";
  def.options = {
      {"ports", OptionType::list, "53", "UDP ports that carry DNS"},
      {"detect", OptionType::flag, "false",
       "take whole DNS messages on other ports, too (not mDNS, LLMNR, NetBIOS)"},
  };
  def.example =
      "- id: dns\n  className: decode\n  parallelism: 2\n  properties:\n    ports: [53, 5353]\n";
  def.declare = declare;
  def.make_bolt = [](const Options& options) -> std::unique_ptr<Bolt> {
    return std::make_unique<Decode>(*parse_ports(options), options.flag("detect"));
  };
  return def;
}

}  // namespace dnstorm::operators
