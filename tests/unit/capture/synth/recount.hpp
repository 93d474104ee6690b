// Counts in generated packets what the truth tells of them, with dnstorm's own decoder.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "capture/dns/codes.hpp"
#include "capture/dns/message.hpp"
#include "capture/packet/decode.hpp"
#include "capture/synth/generator.hpp"

namespace dnstorm::capture::synth {

// Reads the frames again with dnstorm's own decoder and counts all that the truth tells.
class Recount {
 public:
  Result<void> packet(TimeNs time, ByteSpan frame, std::uint32_t length) {
    EXPECT_GE(time, last_);
    last_ = time;
    ++packets;
    packet::Datagram datagram;
    switch (packet::decode(packet::LinkType::ethernet, frame, length, datagram)) {
      case packet::Verdict::udp:
        udp(time, datagram);
        break;
      case packet::Verdict::truncated:
        ++malformed["truncated"];
        break;
      case packet::Verdict::malformed_ip:
        ++malformed["malformed_ip"];
        break;
      case packet::Verdict::malformed_udp:
        ++malformed["malformed_udp"];
        break;
      case packet::Verdict::tcp:
        ++noise["tcp"];
        break;
      case packet::Verdict::icmp:
        ++noise["icmp"];
        break;
      case packet::Verdict::not_ip:
        ++noise["arp"];
        break;
      default:
        ADD_FAILURE() << "a packet that nobody made";
    }
    return {};
  }

  std::uint64_t packets = 0, messages = 0, queries = 0, well_formed = 0, v6 = 0, edns = 0,
                dnssec_ok = 0, ecs = 0, tc = 0, transactions = 0;
  DurationNs time_sum = 0;
  std::map<std::string, std::uint64_t> malformed, noise, types, rcodes, opcodes;
  std::set<std::string> names, clients;

 private:
  using Exchange =
      std::tuple<IpAddress, std::uint16_t, IpAddress, std::uint16_t, std::string, std::uint16_t>;

  void udp(TimeNs time, const packet::Datagram& d) {
    if (d.src_port != 53 && d.dst_port != 53) {
      ++noise["udp_other_port"];
      return;
    }
    dns::ParseError error = dns::parse(d.payload, message_);
    if (error != dns::ParseError::none) ++malformed[std::string(to_string(error))];
    if (message_.header_ok) message(d);
    if (error == dns::ParseError::none) match(time, d);
  }
  void message(const packet::Datagram& d) {
    ++messages;
    v6 += d.v6;
    edns += message_.edns.present;
    dnssec_ok += message_.edns.dnssec_ok;
    ecs += message_.edns.find(dns::edns_option::ecs) != nullptr;
    tc += message_.tc;
    ++opcodes[std::to_string(message_.opcode)];
    if (message_.qr)
      ++rcodes[dns::rcode_text(message_.rcode)];
    else
      clients.insert(format_ip(d.src));
    queries += !message_.qr;
    if (!message_.question_ok) return;
    names.insert(std::string(message_.qname));
    if (!message_.qr) ++types[dns::type_text(message_.qtype)];
  }
  void match(TimeNs time, const packet::Datagram& d) {
    ++well_formed;
    auto key = [&](const IpAddress& client, std::uint16_t port, const IpAddress& server) {
      return Exchange(client, port, server, message_.id, std::string(message_.qname),
                      message_.qtype);
    };
    if (!message_.qr) return open_[key(d.src, d.src_port, d.dst)].push_back(time);
    std::deque<TimeNs>& asked = open_[key(d.dst, d.dst_port, d.src)];
    if (asked.empty()) return;
    ++transactions;
    time_sum += time - asked.front();
    asked.pop_front();
  }

  dns::Message message_;
  TimeNs last_ = 0;
  std::map<Exchange, std::deque<TimeNs>> open_;
};

}  // namespace dnstorm::capture::synth
