#include "capture/packet/decode.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/cursor.hpp"

namespace dnstorm::capture::packet {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_pppoe = 0x8864;  // the session stage
constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmpv6 = 58;
// Real networks stack two tags; the bounds only keep a hostile frame from costing time.
constexpr int vlan_tags_max = 8;
constexpr int extension_headers_max = 16;

// As long as nothing speaks against it, a frame is a datagram: what each layer answers to go on.
constexpr Verdict so_far_good = Verdict::udp;

enum class Extension : std::uint8_t { none, by_eights, authentication, fragment };

constexpr Extension extension_of(std::uint8_t next_header) {
  switch (next_header) {
    case 0:    // hop by hop
    case 43:   // routing
    case 60:   // destination
    case 135:  // mobility
    case 139:  // host identity
    case 140:  // shim6
      return Extension::by_eights;
    case 51:
      return Extension::authentication;
    case 44:
      return Extension::fragment;
    default:
      return Extension::none;
  }
}

// Peels a frame layer by layer. Each layer has one caller, so that all of them are inlined into
// decode() and the members live in registers.
class Decoder {
 public:
  Decoder(std::span<const std::uint8_t> frame, std::uint32_t original_length, Datagram& out)
      : at_(frame.data()), left_(frame.size()), cut_(frame.size() < original_length), out_(out) {}

  Verdict link(LinkType link);
  Verdict network() { return out_.v6 ? ipv6() : ipv4(); }
  Verdict transport();

 private:
  void skip(std::size_t n) {
    at_ += n;
    left_ -= n;
  }
  // What it means that something does not fit any more.
  Verdict missing(Verdict malformed) const { return cut_ ? Verdict::truncated : malformed; }
  Verdict found(bool v6) {
    out_.v6 = v6;
    return so_far_good;
  }

  Verdict typed_link(std::size_t header, std::size_t type_at);
  Verdict pppoe();
  Verdict loopback();
  Verdict raw_ip();
  bool trim();
  Verdict ipv4();
  Verdict ipv6();
  Verdict extensions();
  Verdict udp();
  Verdict tcp();

  const std::uint8_t* at_;
  std::size_t left_;
  bool cut_;
  std::size_t claimed_ = 0;  // what the IP header says is there from at_ on
  Datagram& out_;
};

Verdict Decoder::link(LinkType link) {
  switch (link) {
    case LinkType::ethernet:
      return typed_link(14, 12);
    case LinkType::linux_sll:
      return typed_link(16, 14);
    case LinkType::linux_sll2:
      return typed_link(20, 0);
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
      return raw_ip();
    case LinkType::null:
    case LinkType::loop:
      return loopback();
    case LinkType::ipv4:
      return found(false);
    case LinkType::ipv6:
      return found(true);
  }
  return Verdict::unknown_link;
}

// A header of fixed length that holds an Ethernet type at a fixed place; a tag carries the next
// type in its last two bytes.
Verdict Decoder::typed_link(std::size_t header, std::size_t type_at) {
  if (left_ < header) return missing(Verdict::malformed_link);
  std::uint16_t ethertype = load_be16(at_ + type_at);
  skip(header);
  for (int tags = 0;; ++tags) {
    if (ethertype == ethertype_ipv4) [[likely]]
      return found(false);
    if (ethertype == ethertype_ipv6) return found(true);
    if (ethertype == ethertype_pppoe) return pppoe();
    bool tagged = ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
    if (!tagged) return Verdict::not_ip;
    if (tags == vlan_tags_max) return Verdict::malformed_link;
    if (left_ < 4) return missing(Verdict::malformed_link);
    ethertype = load_be16(at_ + 2);
    skip(4);
  }
}

// PPP over Ethernet (RFC 2516): six bytes, then PPP's protocol number.
Verdict Decoder::pppoe() {
  if (left_ < 8) return missing(Verdict::malformed_link);
  std::uint16_t protocol = load_be16(at_ + 6);
  skip(8);
  if (protocol != 0x0021 && protocol != 0x0057) return Verdict::not_ip;
  return found(protocol == 0x0057);
}

// The family is in the byte order of the host that captured, which the file does not tell: families
// are small numbers, so the order that makes it small is the right one. AF_INET6 differs by system:
// 10 Linux, 24 NetBSD and OpenBSD, 28 FreeBSD, 30 macOS.
Verdict Decoder::loopback() {
  if (left_ < 4) return missing(Verdict::malformed_link);
  std::uint32_t family = load_be32(at_);
  if (family > 0xffff) family = __builtin_bswap32(family);
  skip(4);
  switch (family) {
    case 2:
      return found(false);
    case 10:
    case 24:
    case 28:
    case 30:
      return found(true);
    default:
      return Verdict::not_ip;
  }
}

Verdict Decoder::raw_ip() {
  if (left_ == 0) return missing(Verdict::malformed_link);
  int version = *at_ >> 4;
  if (version != 4 && version != 6) return Verdict::not_ip;
  return found(version == 6);
}

// Drops what lies behind the IP packet (Ethernet padding, a frame check sequence). A length of 0 is
// what a sender's own capture shows of a packet that the network card cuts up (segmentation
// offload): the frame is then the packet.
bool Decoder::trim() {
  if (claimed_ == 0) claimed_ = left_;
  if (claimed_ > left_) return cut_;
  left_ = claimed_;
  return true;
}

Verdict Decoder::ipv4() {
  if (left_ < 20) return missing(Verdict::malformed_ip);
  const std::uint8_t* ip = at_;
  std::size_t header = std::size_t{4} * (ip[0] & 0x0f);
  claimed_ = load_be16(ip + 2);
  if (ip[0] >> 4 != 4 || header < 20 || (claimed_ != 0 && claimed_ < header)) [[unlikely]]
    return Verdict::malformed_ip;
  if (!trim()) return Verdict::malformed_ip;
  out_.src = IpAddress::v4(ip + 12);
  out_.dst = IpAddress::v4(ip + 16);
  out_.ttl = ip[8];
  out_.protocol = ip[9];
  if (left_ < header) return missing(Verdict::malformed_ip);
  if ((load_be16(ip + 6) & 0x3fff) != 0) return Verdict::fragment;  // more to come, or an offset
  skip(header);
  claimed_ -= header;
  return so_far_good;
}

Verdict Decoder::ipv6() {
  if (left_ < 40) return missing(Verdict::malformed_ip);
  const std::uint8_t* ip = at_;
  if (ip[0] >> 4 != 6) return Verdict::malformed_ip;
  claimed_ = load_be16(ip + 4);
  skip(40);
  if (!trim()) return Verdict::malformed_ip;
  out_.src = IpAddress::v6(ip + 8);
  out_.dst = IpAddress::v6(ip + 24);
  out_.ttl = ip[7];
  out_.protocol = ip[6];
  return ip[6] == protocol_udp ? so_far_good : extensions();
}

// Walks the extension headers (RFC 8200 4) up to the transport header.
Verdict Decoder::extensions() {
  for (int i = 0; i < extension_headers_max; ++i) {
    Extension kind = extension_of(out_.protocol);
    if (kind == Extension::none) return so_far_good;
    if (left_ < 8) return missing(Verdict::malformed_ip);
    std::size_t length = 8;
    if (kind == Extension::by_eights) length = std::size_t{8} * (at_[1] + 1u);
    if (kind == Extension::authentication) length = std::size_t{4} * (at_[1] + 2u);
    out_.protocol = at_[0];
    // An atomic fragment (offset 0, nothing to come; RFC 6946) is a whole packet.
    if (kind == Extension::fragment && (load_be16(at_ + 2) & 0xfff9) != 0) return Verdict::fragment;
    if (length > claimed_) return Verdict::malformed_ip;
    if (length > left_) return missing(Verdict::malformed_ip);
    skip(length);
    claimed_ -= length;
  }
  return Verdict::malformed_ip;
}

Verdict Decoder::transport() {
  if (out_.protocol == protocol_udp) [[likely]]
    return udp();
  if (out_.protocol == protocol_tcp) return tcp();
  if (out_.protocol == (out_.v6 ? protocol_icmpv6 : protocol_icmp)) return Verdict::icmp;
  return Verdict::other_protocol;
}

Verdict Decoder::udp() {
  if (left_ < 8) return claimed_ < 8 ? Verdict::malformed_udp : missing(Verdict::malformed_udp);
  out_.src_port = load_be16(at_);
  out_.dst_port = load_be16(at_ + 2);
  out_.has_ports = true;
  std::size_t length = load_be16(at_ + 4);
  if (length < 8 || length > claimed_) [[unlikely]]
    return Verdict::malformed_udp;
  out_.payload = {at_ + 8, std::min(length, left_) - 8};
  return length > left_ ? missing(Verdict::malformed_udp) : Verdict::udp;
}

Verdict Decoder::tcp() {
  if (left_ < 4) return missing(Verdict::malformed_ip);
  out_.src_port = load_be16(at_);
  out_.dst_port = load_be16(at_ + 2);
  out_.has_ports = true;
  if (left_ < 20) return Verdict::tcp;
  std::size_t header = std::size_t{4} * (at_[12] >> 4);
  if (header >= 20 && header <= left_) out_.payload = {at_ + header, left_ - header};
  return Verdict::tcp;
}

}  // namespace

Verdict decode(LinkType link, std::span<const std::uint8_t> frame, std::uint32_t original_length,
               Datagram& out) {
  out = {};
  Decoder decoder(frame, original_length, out);
  Verdict verdict = decoder.link(link);
  if (verdict == so_far_good) verdict = decoder.network();
  if (verdict == so_far_good) verdict = decoder.transport();
  return verdict;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::udp:
      return "udp";
    case Verdict::tcp:
      return "tcp";
    case Verdict::icmp:
      return "icmp";
    case Verdict::other_protocol:
      return "other_protocol";
    case Verdict::fragment:
      return "fragment";
    case Verdict::not_ip:
      return "not_ip";
    case Verdict::truncated:
      return "truncated";
    case Verdict::malformed_link:
      return "malformed_link";
    case Verdict::malformed_ip:
      return "malformed_ip";
    case Verdict::malformed_udp:
      return "malformed_udp";
    case Verdict::unknown_link:
      return "unknown_link";
  }
  return "?";
}

std::string to_string(LinkType link) {
  switch (link) {
    case LinkType::null:
      return "null";
    case LinkType::ethernet:
      return "ethernet";
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
      return "raw";
    case LinkType::loop:
      return "loop";
    case LinkType::linux_sll:
      return "linux_sll";
    case LinkType::ipv4:
      return "ipv4";
    case LinkType::ipv6:
      return "ipv6";
    case LinkType::linux_sll2:
      return "linux_sll2";
  }
  return fmt::format("link type {}", static_cast<unsigned>(link));
}

}  // namespace dnstorm::capture::packet
