#include "cli/spool_match.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "capture/dns/writer.hpp"
#include "capture/synth/frame.hpp"

namespace dnstorm::cli {
namespace {

using capture::dns::MessageWriter;
using ::testing::HasSubstr;
namespace dns = capture::dns;
namespace synth = capture::synth;

// A frame and the packet that views it.
struct Captured {
  synth::Frame frame;
  capture::pcap::Packet packet() const {
    capture::pcap::Packet packet;
    packet.bytes = frame;
    packet.original_length = static_cast<std::uint32_t>(frame.size());
    return packet;
  }
};

synth::Endpoints ends(std::string_view src, std::uint16_t src_port, std::string_view dst,
                      std::uint16_t dst_port) {
  return {parse_ip(src).value(), parse_ip(dst).value(), src_port, dst_port, 64};
}
const synth::Endpoints asked = ends("192.0.2.77", 4711, "198.51.100.53", 53);
const synth::Endpoints asked_v6 = ends("2001:db8:77::1", 4711, "2001:db8:53::1", 53);

Captured udp(const synth::Endpoints& ends, std::span<const std::uint8_t> payload) {
  Captured out;
  synth::build_udp(ends, payload, out.frame);
  return out;
}
Captured query(std::string_view name, std::uint16_t type = dns::type::aaaa,
               const synth::Endpoints& ends = asked) {
  MessageWriter w;
  return udp(ends, w.begin(7, MessageWriter::rd).question(name, type).finish());
}
Captured response(unsigned rcode, const synth::Endpoints& of = asked) {
  MessageWriter w;
  w.begin(7, static_cast<std::uint16_t>(MessageWriter::qr | (rcode & 15U)));
  w.question("www.example.com", dns::type::aaaa);
  w.additional().edns(1232, 0, static_cast<std::uint8_t>(rcode >> 4U));
  return udp(of.reversed(), w.finish());
}

bool matches(std::string_view expression, const Captured& captured) {
  auto match = SpoolMatch::parse(expression);
  EXPECT_TRUE(match.ok()) << match.error().what;
  return match.ok() && match->matches(captured.packet());
}
std::string problem(std::string_view expression) {
  auto match = SpoolMatch::parse(expression);
  if (match.ok()) return "none";
  EXPECT_EQ(match.error().kind, ErrorKind::usage);
  return match.error().what;
}

TEST(SpoolMatch, ANameMeansAllBelowIt) {
  Captured packet = query("wWw.Example.COM");
  for (const char* name : {"www.example.com", "example.com", "EXAMPLE.com.", "com", ".", ""})
    EXPECT_TRUE(matches(fmt::format("name={}", name), packet)) << name;
  for (const char* name :
       {"a.www.example.com", "ww.example.com", "ample.com", "example.org", "org"})
    EXPECT_FALSE(matches(fmt::format("name={}", name), packet)) << name;
}

TEST(SpoolMatch, ADotWithinALabelSeparatesNothing) {
  EXPECT_FALSE(matches("name=example.com", query("www\\.example.com")));
  EXPECT_TRUE(matches("name=com", query("www\\.example.com")));
  EXPECT_TRUE(matches("name=example.com", query("www\\\\.example.com")))
      << "a backslash, and a dot";
}

TEST(SpoolMatch, TheClientIsWhoAsks) {
  for (const Captured& packet : {query("example.com"), response(0)}) {
    EXPECT_TRUE(matches("client=192.0.2.77", packet));
    EXPECT_TRUE(matches("server=198.51.100.53", packet));
    EXPECT_FALSE(matches("server=192.0.2.77", packet));
    EXPECT_FALSE(matches("client=198.51.100.53", packet));
  }
}

TEST(SpoolMatch, AHostIsEither) {
  for (const Captured& packet : {query("example.com"), response(0)}) {
    EXPECT_TRUE(matches("host=192.0.2.0/24", packet));
    EXPECT_TRUE(matches("host=198.51.100.53", packet));
    EXPECT_FALSE(matches("host=203.0.113.1", packet));
    EXPECT_FALSE(matches("host=192.0.2.0/24, server=192.0.2.77", packet));
  }
}

// No port says who is the server: the message does.
TEST(SpoolMatch, OnOtherPortsTheServerIsWhoAnswers) {
  synth::Endpoints other = asked;
  for (std::uint16_t port : {std::uint16_t{5353}, std::uint16_t{53}}) {
    other.src_port = other.dst_port = port;
    EXPECT_TRUE(matches("client=192.0.2.77", query("example.com", 1, other)));
    EXPECT_TRUE(matches("client=192.0.2.77", response(0, other)));
    EXPECT_FALSE(matches("server=192.0.2.77", response(0, other)));
  }
}

TEST(SpoolMatch, APrefixHoldsToItsLastBit) {
  Captured packet = query("example.com"), v6 = query("example.com", 1, asked_v6);
  for (const char* prefix : {"192.0.2.77/32", "192.0.2.76/31", "192.0.2.64/26", "192.0.0.0/16",
                             "192.0.2.0/24", "192.0.3.0/23", "0.0.0.0/0"})
    EXPECT_TRUE(matches(fmt::format("client={}", prefix), packet)) << prefix;
  for (const char* prefix :
       {"192.0.2.78/32", "192.0.2.78/31", "192.0.2.128/25", "193.0.2.77/8", "2001:db8::/32"})
    EXPECT_FALSE(matches(fmt::format("client={}", prefix), packet)) << prefix;
  EXPECT_TRUE(matches("client=2001:db8:76::/47", v6));
  EXPECT_TRUE(matches("client=::/0", v6));
  EXPECT_FALSE(matches("client=2001:db8:76::/48", v6));
  EXPECT_FALSE(matches("client=0.0.0.0/0", v6)) << "all of IPv4, and nothing else";
}

TEST(SpoolMatch, TypesAndCodesHaveNamesAndNumbers) {
  for (const char* type : {"AAAA", "aaaa", "28", "TYPE28"})
    EXPECT_TRUE(matches(fmt::format("qtype={}", type), query("example.com"))) << type;
  EXPECT_FALSE(matches("qtype=A", query("example.com")));
  for (const char* code : {"NXDOMAIN", "nxdomain", "3"})
    EXPECT_TRUE(matches(fmt::format("rcode={}", code), response(3))) << code;
  EXPECT_TRUE(matches("rcode=BADCOOKIE", response(23))) << "half of it stands in the OPT record";
  EXPECT_FALSE(matches("rcode=NOERROR", response(3)));
  EXPECT_FALSE(matches("rcode=NOERROR", query("example.com"))) << "a query has no response code";
}

TEST(SpoolMatch, APortIsThatOfEitherSide) {
  for (const char* port : {"53", "4711"}) {
    EXPECT_TRUE(matches(fmt::format("port={}", port), query("example.com")));
    EXPECT_TRUE(matches(fmt::format("port={}", port), response(0)));
  }
  EXPECT_FALSE(matches("port=54", query("example.com")));
}

TEST(SpoolMatch, AllConditionsMustHold) {
  Captured packet = query("example.com");
  EXPECT_TRUE(matches(" name = example.com , client=192.0.2.0/24,qtype=AAAA ,", packet));
  EXPECT_FALSE(matches("name=example.com, client=192.0.2.0/24, qtype=A", packet));
  EXPECT_FALSE(matches("name=example.org, client=192.0.2.0/24, qtype=AAAA", packet));
  EXPECT_FALSE(matches("name=example.com, client=192.0.3.0/24, qtype=AAAA", packet));
  EXPECT_TRUE(matches("", packet));
}

TEST(SpoolMatch, WhatIsNoMessageHasAddressesAndPortsOnly) {
  Captured tcp, noise = udp(asked, {}), arp;
  synth::build_tcp(asked, {}, {}, tcp.frame);
  synth::build_arp(asked.src, asked.dst, arp.frame);
  for (const Captured* packet : {&tcp, &noise}) {
    EXPECT_TRUE(matches("port=53, client=192.0.2.77, server=198.51.100.0/24", *packet));
    for (const char* expression : {"name=com", "qtype=AAAA", "rcode=NOERROR"})
      EXPECT_FALSE(matches(expression, *packet)) << expression;
  }
  EXPECT_FALSE(matches("port=53", arp));
  EXPECT_FALSE(matches("qtype=AAAA", arp));
}

// What one packet was does not stick to the next.
TEST(SpoolMatch, EveryPacketIsLookedAtAnew) {
  SpoolMatch match = SpoolMatch::parse("qtype=AAAA, port=53").value();
  Captured wanted = query("example.com"), noise = udp(asked, {}), arp;
  synth::build_arp(asked.src, asked.dst, arp.frame);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(match.matches(wanted.packet()));
    EXPECT_FALSE(match.matches(noise.packet()));
    EXPECT_TRUE(match.matches(wanted.packet()));
    EXPECT_FALSE(match.matches(arp.packet()));
  }
}

// Of a question behind which the message is damaged, all is known.
TEST(SpoolMatch, ADamagedMessageHasWhatStandsBeforeTheDamage) {
  MessageWriter w;
  auto wire = w.begin(7, 0).question("example.com", 1).lie_about_count(1, 9).finish();
  EXPECT_TRUE(matches("name=example.com, qtype=A", udp(asked, wire)));
  EXPECT_FALSE(matches("name=example.com", udp(asked, wire.first(20))));
}

TEST(SpoolMatch, SaysWhatIsWrong) {
  EXPECT_THAT(problem("example.com"), HasSubstr("'example.com' is not of the form key=value"));
  EXPECT_THAT(problem("port=53,,qtype=A"), HasSubstr("'' is not of the form"));
  EXPECT_THAT(problem("color=red"), HasSubstr("'color' is none of name, client"));
  EXPECT_THAT(problem("qtype=NONE"), HasSubstr("'NONE' is no qtype"));
  EXPECT_THAT(problem("rcode=NONE"), HasSubstr("'NONE' is no rcode"));
  EXPECT_THAT(problem("port=53, port=853"), HasSubstr("'port' is given twice"));
  for (const char* port : {"", "x", "65536", "-1", "53x"})
    EXPECT_THAT(problem(fmt::format("port={}", port)), HasSubstr("is no port")) << port;
  for (const char* address : {"", "192.0.2", "example.com", "192.0.2.1.5"})
    EXPECT_THAT(problem(fmt::format("client={}", address)), HasSubstr("is no address")) << address;
  for (const char* prefix : {"192.0.2.0/33", "::/129", "192.0.2.0/", "192.0.2.0/x"})
    EXPECT_THAT(problem(fmt::format("server={}", prefix)), HasSubstr("is no prefix")) << prefix;
}

}  // namespace
}  // namespace dnstorm::cli
