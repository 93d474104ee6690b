#include "capture/synth/noise.hpp"

#include <array>

#include "capture/dns/writer.hpp"

namespace dnstorm::capture::synth {

std::string_view to_string(Noise noise) {
  static constexpr std::string_view names[noise_count] = {"udp_other_port", "tcp", "icmp", "arp"};
  return names[static_cast<std::size_t>(noise)];
}

std::string_view to_string(NoiseClass what) {
  static constexpr std::string_view names[noise_classes] = {
      "other_port", "mdns", "llmnr", "tcp_control", "icmp", "icmp_quote", "not_ip"};
  return names[static_cast<std::size_t>(what)];
}

namespace {

NoiseClass build_other_port(Endpoints ends, Random& random, Frame& frame) {
  static constexpr std::uint16_t ports[] = {123, 161, 443, 514, 1812, 3478, 51820};
  std::array<std::uint8_t, 200> payload;
  random.fill(payload);
  ends.dst_port = ports[random.below(std::size(ports))];
  build_udp(ends, ByteSpan(payload).first(random.between(8, 200)), frame);
  if (ends.src_port == 5353) return NoiseClass::mdns;
  return ends.src_port == 5355 ? NoiseClass::llmnr : NoiseClass::other_port;
}

void build_syn(const Endpoints& ends, Random& random, Frame& frame) {
  auto sequence = static_cast<std::uint32_t>(random.next());
  if (random.chance(0.5))
    return build_tcp(ends, {.sequence = sequence, .flags = tcp_syn}, {}, frame);
  auto acknowledged = static_cast<std::uint32_t>(random.next());
  build_tcp(ends.reversed(),
            {.sequence = sequence, .acknowledged = acknowledged, .flags = tcp_syn | tcp_ack}, {},
            frame);
}

NoiseClass build_icmp(const Endpoints& ends, Random& random, Frame& frame) {
  if (random.chance(0.5)) {
    auto bits = static_cast<std::uint32_t>(random.next());
    build_echo(ends, static_cast<std::uint16_t>(bits), static_cast<std::uint16_t>(bits >> 16U),
               frame);
    return NoiseClass::icmp;
  }
  dns::MessageWriter writer;
  Frame quoted;
  auto id = static_cast<std::uint16_t>(random.next());
  build_udp(ends, writer.begin(id, dns::MessageWriter::rd).question("www.example.com", 1).finish(),
            quoted);
  build_unreachable(ends.reversed(), ByteSpan(quoted).subspan(ethernet_header), frame);
  return NoiseClass::icmp_quote;
}

}  // namespace

NoiseClass build_noise(Noise noise, const Endpoints& client, Random& random, Frame& frame) {
  switch (noise) {
    case Noise::udp_other_port:
      return build_other_port(client, random, frame);
    case Noise::tcp:
      build_syn(client, random, frame);
      return NoiseClass::tcp_control;
    case Noise::icmp:
      return build_icmp(client, random, frame);
    case Noise::arp:
      break;
  }
  build_arp(client.dst, client.src, frame);
  return NoiseClass::not_ip;
}

}  // namespace dnstorm::capture::synth
