#include "capture/packet/decode.hpp"

#include <algorithm>

#include "capture/packet/detail/hosts.hpp"
#include "capture/packet/detail/ip_numbers.hpp"
#include "capture/packet/detail/tunnel.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::packet {
namespace {

using namespace detail;

constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmpv6 = 58;
constexpr std::uint8_t protocol_ipv4 = 4, protocol_ipv6 = 41, protocol_gre = 47,
                       protocol_mpls = 137;
// Real networks stack two tags; the bounds only keep a hostile frame from costing time.
constexpr int vlan_tags_max = 8;
constexpr int mpls_labels_max = 16;
constexpr int extension_headers_max = 16;

// As long as nothing speaks against it, a frame is a datagram: what each layer answers to go on.
constexpr Verdict so_far_good = Verdict::udp;

// Peels a frame layer by layer; decode() is flattened, so that the members live in registers there.
class Decoder {
 public:
  Decoder(std::span<const std::uint8_t> frame, bool cut, Datagram& out)
      : at_(frame.data()), left_(frame.size()), cut_(cut), out_(out) {}

  Verdict link(LinkType link);
  // Instead of link(): what stands behind an Ethernet type.
  Verdict typed(std::uint16_t ethertype);
  // Instead of link() and network(): the whole payload of a packet.
  Verdict payload() {
    claimed_ = left_;
    return out_.v6 && out_.protocol != protocol_udp ? extensions() : so_far_good;
  }
  bool addresses(IpAddress& src, IpAddress& dst) const;
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
  Verdict mpls();
  Verdict loopback();
  Verdict raw_ip();
  bool trim();
  Verdict ipv4();
  Verdict ipv6();
  Verdict extensions();
  Verdict udp();
  Verdict tcp();
  Verdict other();
  Verdict fragment(std::uint32_t id, std::uint16_t offset_and_more, std::size_t header);
  Verdict inner(std::uint16_t ethertype);
  Verdict carried(const Carried& found);
  Verdict udp_tunnel(Verdict outer);

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

// A header of fixed length that holds an Ethernet type at a fixed place.
Verdict Decoder::typed_link(std::size_t header, std::size_t type_at) {
  if (left_ < header) return missing(Verdict::malformed_link);
  std::uint16_t ethertype = load_be16(at_ + type_at);
  skip(header);
  return typed(ethertype);
}

// A tag carries the next type in its last two bytes.
Verdict Decoder::typed(std::uint16_t ethertype) {
  for (int tags = 0;; ++tags) {
    if (ethertype == ethertype_ipv4) [[likely]]
      return found(false);
    if (ethertype == ethertype_ipv6) return found(true);
    if (ethertype == ethertype_pppoe) return pppoe();
    if (ethertype == ethertype_mpls || ethertype == ethertype_mpls_upstream) return mpls();
    bool tagged = ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
    if (!tagged) return Verdict::not_ip;
    if (tags == vlan_tags_max) return Verdict::malformed_link;
    if (left_ < 4) return missing(Verdict::malformed_link);
    ethertype = load_be16(at_ + 2);
    skip(4);
  }
}

// A stack of labels (RFC 3032); what they carry is told by the receiver's tables, which the first
// four bits give away: IP's version, or the zeros of a control word (RFC 4385) before an Ethernet
// frame.
Verdict Decoder::mpls() {
  for (int labels = 0;; ++labels) {
    if (labels == mpls_labels_max) return Verdict::malformed_link;
    if (left_ < 5) return missing(Verdict::malformed_link);
    bool bottom = (at_[2] & 1) != 0;
    skip(4);
    if (bottom) break;
  }
  int version = *at_ >> 4;
  if (version == 4 || version == 6) return found(version == 6);
  if (version != 0) return Verdict::not_ip;
  if (left_ < 18) return missing(Verdict::malformed_link);
  std::uint16_t ethertype = load_be16(at_ + 16);
  skip(18);
  if (ethertype == ethertype_ipv4 || ethertype == ethertype_ipv6)
    return found(ethertype == ethertype_ipv6);
  return Verdict::not_ip;
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
// are small numbers, so the order that makes it small is the right one.
Verdict Decoder::loopback() {
  if (left_ < 4) return missing(Verdict::malformed_link);
  std::uint32_t family = load_be32(at_);
  if (family > 0xffff) family = __builtin_bswap32(family);
  skip(4);
  int version = version_of_family(family);
  return version == 0 ? Verdict::not_ip : found(version == 6);
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
  if (!trim()) [[unlikely]] {
    // Some routers write the length of the packet that they quote into their error.
    if (ip[9] != protocol_icmp) return Verdict::malformed_ip;
    claimed_ = left_;
  }
  out_.src = IpAddress::v4(ip + 12);
  out_.dst = IpAddress::v4(ip + 16);
  out_.ttl = ip[8];
  out_.protocol = ip[9];
  if (left_ < header) return missing(Verdict::malformed_ip);
  std::uint16_t offset = load_be16(ip + 6);
  if ((offset & 0x3fff) != 0) [[unlikely]]  // more to come, or an offset
    return fragment(load_be16(ip + 4), static_cast<std::uint16_t>(offset << 3 | (offset >> 13 & 1)),
                    header);
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
    if (kind == Extension::fragment && (load_be16(at_ + 2) & 0xfff9) != 0)
      return fragment(load_be32(at_ + 4), load_be16(at_ + 2), length);
    if (length > claimed_) return Verdict::malformed_ip;
    if (length > left_) return missing(Verdict::malformed_ip);
    skip(length);
    claimed_ -= length;
  }
  return Verdict::malformed_ip;
}

// `offset_and_more` as IPv6 has it: the offset in bytes, the lowest bit set if more follow.
Verdict Decoder::fragment(std::uint32_t id, std::uint16_t offset_and_more, std::size_t header) {
  skip(header);
  claimed_ -= header;
  out_.fragment = {id, static_cast<std::uint16_t>(offset_and_more & 0xfff8),
                   (offset_and_more & 1) != 0, claimed_ > left_};
  out_.payload = {at_, left_};
  return Verdict::fragment;
}

Verdict Decoder::transport() {
  if (out_.protocol == protocol_udp) [[likely]]
    return udp();
  if (out_.protocol == protocol_tcp) return tcp();
  return other();
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
  Verdict verdict = length > left_ ? missing(Verdict::malformed_udp) : Verdict::udp;
  if (tunnel_port(out_.dst_port)) [[unlikely]]
    return udp_tunnel(verdict);
  return verdict;
}

Verdict Decoder::tcp() {
  if (left_ >= 4) {
    out_.src_port = load_be16(at_);
    out_.dst_port = load_be16(at_ + 2);
    out_.has_ports = true;
  }
  if (left_ < 20) return claimed_ < 20 ? Verdict::malformed_tcp : missing(Verdict::malformed_tcp);
  std::size_t header = std::size_t{4} * (at_[12] >> 4);
  if (header < 20 || header > claimed_) return Verdict::malformed_tcp;
  std::size_t kept = std::min(header, left_);
  out_.payload = {at_ + kept, left_ - kept};
  out_.tcp = {load_be32(at_ + 4), load_be32(at_ + 8), static_cast<std::uint32_t>(claimed_ - header),
              at_[13]};
  return Verdict::tcp;
}

Verdict Decoder::other() {
  switch (out_.protocol) {
    case protocol_icmp:
    case protocol_icmpv6:
      if (out_.protocol != (out_.v6 ? protocol_icmpv6 : protocol_icmp)) break;
      out_.payload = {at_, left_};
      return Verdict::icmp;
    case protocol_ipv4:
      return inner(ethertype_ipv4);
    case protocol_ipv6:
      return inner(ethertype_ipv6);
    case protocol_gre:
      return carried(in_gre({at_, left_}));
    case protocol_mpls:
      return inner(ethertype_mpls);
  }
  return Verdict::other_protocol;
}

Verdict Decoder::carried(const Carried& found) {
  if (found.what == Carried::What::other) return Verdict::other_protocol;
  if (found.what == Carried::What::cut_off || found.header > left_)
    return missing(Verdict::malformed_link);
  skip(found.header);
  claimed_ -= std::min(claimed_, found.header);
  return inner(found.ethertype);
}

// A client may have such a port by chance: what does not decode as a tunnel is a datagram.
Verdict Decoder::udp_tunnel(Verdict outer) {
  Datagram kept = out_;
  claimed_ = load_be16(at_ + 4) - std::size_t{8};
  at_ = out_.payload.data();
  left_ = out_.payload.size();
  Verdict found = carried(in_udp(out_.dst_port, {at_, left_}));
  if (found == Verdict::udp || found == Verdict::tcp || found == Verdict::icmp ||
      found == Verdict::fragment || (found == Verdict::truncated && out_.tunnels > kept.tunnels))
    return found;
  out_ = kept;
  return outer;
}

bool Decoder::addresses(IpAddress& src, IpAddress& dst) const {
  if (left_ < (out_.v6 ? 40u : 20u)) return false;
  src = out_.v6 ? IpAddress::v6(at_ + 8) : IpAddress::v4(at_ + 12);
  dst = out_.v6 ? IpAddress::v6(at_ + 24) : IpAddress::v4(at_ + 16);
  return true;
}

inline Verdict finish(Decoder& decoder, Verdict verdict) {
  if (verdict == so_far_good) verdict = decoder.network();
  if (verdict == so_far_good) verdict = decoder.transport();
  return verdict;
}

// A packet or frame in another packet, whose transport is then that of the whole.
[[gnu::noinline]] Verdict decode_inner(std::uint16_t ethertype, std::span<const std::uint8_t> bytes,
                                       bool cut, Datagram& out) {
  if (out.tunnels == tunnels_max) return Verdict::nested_too_deep;
  ++out.tunnels;
  out.payload = {};
  out.has_ports = false;
  Decoder decoder(bytes, cut, out);
  bool frame = ethertype == ethertype_ethernet;
  Verdict verdict =
      finish(decoder, frame ? decoder.link(LinkType::ethernet) : decoder.typed(ethertype));
  return verdict == Verdict::not_ip ? Verdict::other_protocol : verdict;
}

Verdict Decoder::inner(std::uint16_t ethertype) {
  return decode_inner(ethertype, {at_, left_}, claimed_ > left_, out_);
}

}  // namespace

[[gnu::flatten]] Verdict decode(LinkType link, std::span<const std::uint8_t> frame,
                                std::uint32_t original_length, Datagram& out) {
  out.reset();
  Decoder decoder(frame, frame.size() < original_length, out);
  return finish(decoder, decoder.link(link));
}

Verdict decode_payload(std::span<const std::uint8_t> payload, Datagram& out) {
  out.payload = {};
  Decoder decoder(payload, false, out);
  Verdict verdict = decoder.payload();
  return verdict == so_far_good ? decoder.transport() : verdict;
}

Verdict decode_quote(std::span<const std::uint8_t> packet, bool v6, Datagram& out) {
  out.reset();
  Decoder decoder(packet, true, out);
  return finish(decoder, decoder.link(v6 ? LinkType::ipv6 : LinkType::ipv4));
}

std::uint64_t hosts_hash(LinkType link, std::span<const std::uint8_t> frame) {
  Datagram found;
  Decoder decoder(frame, true, found);
  IpAddress src, dst;
  if (decoder.link(link) == so_far_good && decoder.addresses(src, dst)) return hosts_hash(src, dst);
  return detail::last_bytes_hash(frame);
}

}  // namespace dnstorm::capture::packet
