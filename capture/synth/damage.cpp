#include "capture/synth/damage.hpp"

#include "capture/dns/codes.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::synth {

namespace {

using dns::MessageWriter;
constexpr std::size_t dns_header = 12;

ByteSpan damaged_query(Damage damage, const Query& query, Random& random, MessageWriter& w) {
  w.begin(query.id, MessageWriter::rd);
  if (damage == Damage::name_too_long) {
    const std::vector<std::uint8_t> label(63, 'x');
    for (int i = 0; i < 5; ++i) w.u8(63).bytes(label);
    return w.u8(0).u16(query.type).u16(1).lie_about_count(0, 1).finish();
  }
  ByteSpan whole = w.question(query.sent, query.type).finish();
  auto name = static_cast<std::uint32_t>(whole.size() - dns_header - 4);
  switch (damage) {
    case Damage::short_header:
      return whole.first(random.between(1, dns_header - 1));
    case Damage::truncated_name:
      return whole.first(dns_header + random.below(name));
    case Damage::truncated_question:
      return whole.first(dns_header + name + random.below(4));
    default:
      return whole;  // the frame will be damaged
  }
}

ByteSpan damaged_response(Damage damage, const Query& query, Random& random, MessageWriter& w) {
  w.begin(query.id, MessageWriter::qr | MessageWriter::rd | MessageWriter::ra);
  w.question(query.sent, query.type).lie_about_count(1, 1);
  switch (damage) {
    case Damage::label_too_long: {
      auto length = static_cast<std::uint8_t>(random.between(64, 127));
      const std::vector<std::uint8_t> label(length, 'y');
      return w.u8(length).bytes(label).u8(0).u16(1).u16(1).u32(60).u16(4).u32(0xc6120001U).finish();
    }
    case Damage::pointer_forward: {
      auto target = static_cast<unsigned>(w.size()) + 2 * random.below(3);
      return w.u16(static_cast<std::uint16_t>(0xc000U | target))
          .u16(1)
          .u16(1)
          .u32(60)
          .u16(4)
          .u32(0xc6120001U)
          .finish();
    }
    case Damage::truncated_record: {
      std::size_t start = w.size() + 2;
      ByteSpan whole = w.u16(0xc00c).u16(1).u16(1).u32(60).u16(4).finish();
      return whole.first(start + random.below(10));
    }
    case Damage::rdata_overrun: {
      ByteSpan whole = w.u16(0xc00c).u16(1).u16(1).u32(60).u16(4).u32(0xc6120001U).finish();
      return whole.first(whole.size() - random.between(1, 4));
    }
    default:
      return w.u16(0xc00c).u16(1).u16(1).u32(60).u16(3).u16(0xc612).u8(1).finish();
  }
}

}  // namespace

std::string_view to_string(Damage damage) {
  static constexpr std::string_view names[damage_count] = {
      "truncated",       "malformed_ip",       "malformed_udp", "short_header",
      "truncated_name",  "truncated_question", "name_too_long", "label_too_long",
      "pointer_forward", "truncated_record",   "rdata_overrun", "rdata_malformed"};
  return names[static_cast<std::size_t>(damage)];
}

bool question_readable(Damage damage) { return is_response(damage); }
bool is_response(Damage damage) { return damage >= Damage::label_too_long; }

Damaged build_damaged(Damage damage, const Query& query, const Endpoints& client, Random& random,
                      MessageWriter& writer, Frame& frame) {
  if (is_response(damage)) {
    build_udp(client.reversed(), damaged_response(damage, query, random, writer), frame);
    return {.length = static_cast<std::uint32_t>(frame.size())};
  }
  ByteSpan message = damaged_query(damage, query, random, writer);
  build_udp(client, message, frame);
  auto length = static_cast<std::uint32_t>(frame.size());
  bool v4 = client.src.is_v4();
  if (damage == Damage::truncated) {
    frame.resize(ethernet_header + random.between(4, 19));
  } else if (damage == Damage::malformed_ip) {
    frame[ethernet_header] = v4 ? 0x42 : 0x50;
  } else if (damage == Damage::malformed_udp) {
    std::size_t at = ethernet_header + (v4 ? ipv4_header : ipv6_header) + 4;
    frame[at] = 0x40;
  }
  return {.length = length,
          .header_readable = damage >= Damage::short_header && message.size() >= 4};
}

}  // namespace dnstorm::capture::synth
