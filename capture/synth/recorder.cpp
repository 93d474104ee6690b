#include "capture/synth/recorder.hpp"

namespace dnstorm::capture::synth {

namespace {

ByteSpan wire_of(const Packet& packet) {
  return packet.wire.empty() ? udp_payload(packet.frame) : ByteSpan(packet.wire);
}

// The damage is in the message, not in what carries it.
bool is_message(Damage damage) { return damage >= Damage::short_header; }

}  // namespace

Result<void> Recorder::take(const Packet& packet) {
  if (packet.kind == PacketKind::segment) return take_segment(packet);
  return packets_ != nullptr ? take_packet(packet) : take_message(packet);
}

Result<void> Recorder::take_packet(const Packet& packet) {
  DNSTORM_CHECK((*packets_)(packet.time, packet.frame, packet.length));
  std::size_t size = packet.frame.size();
  count_attack(packet);
  switch (packet.kind) {
    case PacketKind::message:
      truth_.add_message(packet.time, size, packet.facts);
      if (!packet.wire.empty()) truth_.add_fragmented();
      break;
    case PacketKind::malformed:
      truth_.add_malformed(packet.time, size, packet.damage, packet.facts);
      break;
    case PacketKind::not_dns:
      truth_.add_noise(packet.time, size, packet.noise, packet.noise_class);
      break;
    case PacketKind::fragment:
    case PacketKind::fragment_duplicate:
      truth_.add_fragment(packet.time, size, packet.kind == PacketKind::fragment_duplicate);
      break;
    case PacketKind::segment:
      break;
  }
  return {};
}

// What a server writes down: messages, each once, also such that it cannot read.
Result<void> Recorder::take_message(const Packet& packet) {
  if (packet.kind == PacketKind::message && !packet.again) {
    ByteSpan wire = wire_of(packet);
    DNSTORM_CHECK(write(packet.time, packet.ends, packet.facts, wire, packet.upstream));
    truth_.add_message(packet.time, wire.size(), packet.facts);
    count_attack(packet);
  } else if (packet.kind == PacketKind::malformed && is_message(packet.damage)) {
    ByteSpan wire = wire_of(packet);
    DNSTORM_CHECK(write(packet.time, packet.ends, packet.facts, wire));
    truth_.add_malformed(packet.time, wire.size(), packet.damage, packet.facts);
  }
  return {};
}

Result<void> Recorder::take_segment(const Packet& packet) {
  TcpExchange& exchange = exchanges_[packet.exchange];
  if (packets_ != nullptr) DNSTORM_CHECK((*packets_)(packet.time, packet.frame, packet.length));
  complete_.clear();
  SegmentKind kind = exchange.arrive(packet.segment, packet.time, complete_);
  if (packets_ != nullptr) truth_.add_segment(packet.time, packet.frame.size(), kind);
  for (const TcpMessage& message : complete_) {
    if (packets_ != nullptr) {
      truth_.add_stream_message(packet.time, *message.facts);
    } else if (!full()) {
      Endpoints ends = exchange.ends(message.from_server);
      DNSTORM_CHECK(write(packet.time, ends, *message.facts, message.wire));
      truth_.add_message(packet.time, message.wire.size(), *message.facts);
    }
  }
  if (packet.opens) truth_.add_connection();
  if (--exchange.waiting == 0) exchanges_.close(packet.exchange);
  return {};
}

Result<void> Recorder::write(TimeNs time, const Endpoints& ends, const MessageFacts& facts,
                             ByteSpan wire, bool upstream) {
  DNSTORM_CHECK((*messages_)({.time = time,
                              .ends = ends,
                              .tcp = facts.tcp,
                              .response = facts.response,
                              .upstream = upstream,
                              .wire = wire}));
  truth_.add_frame(facts, upstream);
  return {};
}

void Recorder::count_attack(const Packet& packet) {
  if (packet.attack == no_attack) return;
  bool message = packet.kind == PacketKind::message;
  truth_.add_attack(packet.attack, packet.time, message ? &packet.facts : nullptr);
}

Truth Recorder::finish(std::vector<AttackTruth> attacks) {
  if (packets_ != nullptr) {
    exchanges_.for_each([this](TcpExchange& exchange) {
      complete_.clear();
      exchange.give_up(complete_);
      for (const TcpMessage& message : complete_)
        truth_.add_stream_message(exchange.last(), *message.facts);
    });
  }
  truth_.name_attacks(std::move(attacks));
  return std::move(truth_);
}

}  // namespace dnstorm::capture::synth
