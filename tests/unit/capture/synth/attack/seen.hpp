// What attacks put into the traffic, read with dnstorm's own decoder.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/synth/attack/spec.hpp"
#include "capture/synth/generator.hpp"

namespace dnstorm::capture::synth::attack {

struct SeenRecord {
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;
  std::string owner;
  std::vector<std::uint8_t> data;
};

struct Seen {
  TimeNs time = 0;
  std::string src, dst;
  std::uint16_t src_port = 0, dst_port = 0;
  std::size_t size = 0;  // of the message
  bool icmp = false;
  bool response = false, rd = false, cd = false;
  std::uint16_t id = 0, type = 0, rcode = 0;
  std::string name;
  std::vector<SeenRecord> records;
};

inline Options quiet() {
  Options options = Options::of(View::resolver);
  options.rate = 100;
  options.names = 300;
  options.duration = 60 * ns_per_s;
  return options;
}

inline Options with(const std::string& attack, Options options = quiet(),
                    const std::string& when = ",at=10s,for=40s") {
  Result<Spec> spec = parse_spec(attack + when);
  EXPECT_TRUE(spec.ok());
  options.attacks.push_back(*spec);
  return options;
}

using Packets = std::vector<std::pair<TimeNs, Frame>>;

inline std::pair<Packets, nlohmann::json> generated(const Options& options) {
  Packets packets;
  auto truth = generate(options, [&](TimeNs time, ByteSpan frame, std::uint32_t) {
    packets.emplace_back(time, Frame(frame.begin(), frame.end()));
    return Result<void>();
  });
  EXPECT_TRUE(truth.ok());
  return {std::move(packets), nlohmann::json::parse(truth->json(options))};
}

// What is in the first that is not in the second, whose packets come in the same order.
inline Packets added(const Packets& all, const Packets& without) {
  Packets rest;
  std::size_t next = 0;
  for (const auto& packet : all) {
    if (next < without.size() && without[next] == packet)
      ++next;
    else
      rest.push_back(packet);
  }
  EXPECT_EQ(next, without.size()) << "the rest is not as it was";
  return rest;
}

inline Seen seen(TimeNs time, ByteSpan frame) {
  Seen s;
  s.time = time;
  packet::Datagram datagram;
  auto verdict = packet::decode(packet::LinkType::ethernet, frame,
                                static_cast<std::uint32_t>(frame.size()), datagram);
  s.src = format_ip(datagram.src);
  s.dst = format_ip(datagram.dst);
  if (verdict == packet::Verdict::icmp) return s.icmp = true, s;
  EXPECT_EQ(verdict, packet::Verdict::udp);
  s.src_port = datagram.src_port;
  s.dst_port = datagram.dst_port;
  s.size = datagram.payload.size();
  dns::Message message;
  EXPECT_EQ(dns::parse(datagram.payload, message), dns::ParseError::none);
  s.response = message.qr;
  s.rd = message.rd;
  s.cd = message.cd;
  s.id = message.id;
  s.type = message.qtype;
  s.rcode = message.full_rcode();
  s.name = message.qname;
  for (const dns::Record& record : message.records) {
    auto data = message.rdata(record);
    s.records.push_back(
        {record.type, record.ttl, message.owner(record), {data.begin(), data.end()}});
  }
  return s;
}

struct Attacked {
  std::vector<Seen> queries, responses, errors;
  nlohmann::json truth;  // of the attack
};

// The packets of one attack.
inline Attacked attacked(const std::string& attack, const Options& options = quiet()) {
  auto [all, json] = generated(with(attack, options));
  Attacked result;
  for (const auto& [time, frame] : added(all, generated(options).first)) {
    Seen s = seen(time, frame);
    (s.icmp ? result.errors : s.response ? result.responses : result.queries).push_back(s);
  }
  result.truth = json["attacks"][0];
  return result;
}

}  // namespace dnstorm::capture::synth::attack
