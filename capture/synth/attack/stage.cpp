#include "capture/synth/attack/stage.hpp"

#include <algorithm>

#include "capture/synth/clients.hpp"

namespace dnstorm::capture::synth::attack {

using dns::MessageWriter;

Ask Stage::question(const IpAddress& client, std::string name, std::uint16_t type) {
  Ask ask;
  Query& query = ask.query;
  query.id = static_cast<std::uint16_t>(random().next() >> 48U);
  query.type = type;
  query.name = std::move(name);
  query.sent = query.name;
  query.recursion_desired = options_.view == View::resolver;
  query.edns = random().chance(options_.edns);
  query.dnssec_ok = query.edns && random().chance(options_.dnssec_ok / options_.edns);
  query.udp_size = 1232;
  ask.ends.src = client;
  ask.ends.dst = server_address(!client.is_v4(), random().below(2));
  ask.ends.src_port = static_cast<std::uint16_t>(random().between(1024, 65535));
  ask.ends.dst_port = 53;
  return ask;
}

DurationNs Stage::delay() {
  double us = draw(profile(options_.view).delays_us, random());
  return std::max(static_cast<DurationNs>(us * static_cast<double>(ns_per_us)), ns_per_us);
}

MessageFacts Stage::facts_of(const Ask& ask) const {
  MessageFacts facts;
  facts.client = ask.ends.src;
  facts.name = ask.query.name;
  facts.type = ask.query.type;
  facts.edns = ask.query.edns;
  facts.dnssec_ok = ask.query.dnssec_ok;
  return facts;
}

void Stage::ask(TimeNs time, const Ask& ask) {
  write_query(ask.query, writer_);
  if (ask.checking_disabled) writer_.or_flags(MessageWriter::cd);
  put(time, ask.ends, writer_.finish(), facts_of(ask), ask.upstream);
}

MessageWriter& Stage::begin(const Ask& ask, const Reply& reply) {
  std::uint16_t flags = MessageWriter::qr | reply.flags | reply.rcode;
  if (ask.query.recursion_desired) flags |= MessageWriter::rd;
  if (ask.checking_disabled) flags |= MessageWriter::cd;
  return writer_.begin(reply.id.value_or(ask.query.id), flags)
      .question(ask.query.sent, ask.query.type);
}

void Stage::answer(TimeNs time, const Ask& ask, const Reply& reply, TimeNs asked) {
  answer(time, ask, reply, asked, ask.ends.reversed());
}

void Stage::answer(TimeNs time, const Ask& ask, const Reply& reply, TimeNs asked,
                   const Endpoints& from) {
  if (ask.query.edns) {
    writer_.edns(1232, ask.query.dnssec_ok ? MessageWriter::edns_do : std::uint16_t{0});
    if (reply.extended_error != 0) writer_.extended_error(reply.extended_error);
  }
  MessageFacts facts = facts_of(ask);
  facts.response = true;
  facts.rcode = reply.rcode;
  facts.truncated = (reply.flags & MessageWriter::tc) != 0;
  facts.answers = reply.matches;
  facts.asked = stamp(asked);
  put(time, from, writer_.finish(), facts, ask.upstream);
}

void Stage::answer_with(TimeNs time, const Ask& ask, const Response& response, TimeNs asked) {
  MessageFacts facts = facts_of(ask);
  facts.response = facts.answers = true;
  facts.rcode = response.rcode;
  facts.truncated = response.truncated;
  facts.asked = stamp(asked);
  put(time, ask.ends.reversed(), response.wire, facts, ask.upstream);
}

void Stage::deny(TimeNs time, const Ask& ask, std::string_view zone, std::uint16_t rcode) {
  this->ask(time, ask);
  bool resolver = options_.view == View::resolver && !ask.upstream;
  Reply reply{.rcode = rcode, .flags = resolver ? MessageWriter::ra : MessageWriter::aa};
  MessageWriter& writer = begin(ask, reply);
  if (rcode == dns::rcode::nxdomain || rcode == dns::rcode::noerror)
    writer.authority().soa(zone, 900,
                           {.mname = under("ns1", zone), .rname = under("hostmaster", zone)});
  answer(time + delay(), ask, reply, time);
}

void Stage::put(TimeNs time, const Endpoints& ends, ByteSpan wire, const MessageFacts& facts,
                bool upstream) {
  Packet& packet = timeline_.add(stamp(time));
  packet.kind = PacketKind::message;
  packet.attack = attack_;
  packet.upstream = upstream;
  packet.again = false;
  packet.ends = ends;
  packet.wire.clear();
  packet.facts = facts;
  build_udp(ends, wire, packet.frame);
  packet.length = static_cast<std::uint32_t>(packet.frame.size());
}

void Stage::unreachable(TimeNs time, const Endpoints& client, ByteSpan answer) {
  Frame quoted;
  build_udp(client.reversed(), answer, quoted);
  Packet& packet = timeline_.add(stamp(time));
  packet.kind = PacketKind::not_dns;
  packet.attack = attack_;
  packet.noise = Noise::icmp;
  packet.noise_class = NoiseClass::icmp_quote;
  build_unreachable(client, ByteSpan(quoted).subspan(ethernet_header), packet.frame);
  packet.length = static_cast<std::uint32_t>(packet.frame.size());
}

}  // namespace dnstorm::capture::synth::attack
