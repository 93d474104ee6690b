// Writes DNS messages (RFC 1035 section 4): for tests, the traffic generator and fuzz corpora.
//
//   MessageWriter w;
//   auto wire = w.begin(id, MessageWriter::qr | MessageWriter::ra)
//                   .question("www.example.com", 1)
//                   .a("www.example.com", 300, {192, 0, 2, 1})
//                   .authority().ns("example.com", 3600, "ns1.example.com")
//                   .additional().edns(1232, MessageWriter::edns_do).cookie(client, server)
//                   .finish();
//
// begin() starts anew and keeps the memory: one writer, many messages. Sections go forward only.
// record() opens a record of any type, the rdata calls (u8, u16, u32, bytes, text, name,
// plain_name) fill it; the next record, question or finish() closes it and sets its length. An
// edns() record is filled by option calls in the same way.
//
// Names are presentation text (RFC 1035 5.1): "www.example.com", final dot or not, "\." and "\032"
// for odd octets, "" or "." for the root; letters keep their case. A name that is not valid, a
// section that goes back and a message over 65535 octets are bugs of the caller (assertion): ask
// encode_name() first about names that come from outside. Not thread-safe; a value of its user.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/ip.hpp"

namespace dnstorm::capture::dns {

// A name in wire form without compression, and where its labels begin.
struct EncodedName {
  std::array<std::uint8_t, 255> bytes{};
  std::array<std::uint8_t, 128> labels{};  // offset of each label but the root's
  std::uint8_t size = 0;                   // octets, the closing zero included
  std::uint8_t label_count = 0;            // without the root
  std::span<const std::uint8_t> wire() const { return {bytes.data(), size}; }
};

// Nothing for an empty label, a label over 63 octets, a name over 255, a broken escape.
std::optional<EncodedName> encode_name(std::string_view text);

class MessageWriter {
 public:
  // Bits of the header's second word (RFC 1035 4.1.1, RFC 4035 3.1.6), to be or-ed together with
  // opcode() and the response code.
  static constexpr std::uint16_t qr = 0x8000, aa = 0x0400, tc = 0x0200, rd = 0x0100, ra = 0x0080,
                                 ad = 0x0020, cd = 0x0010;
  static constexpr std::uint16_t opcode(unsigned code) {
    return static_cast<std::uint16_t>((code & 15U) << 11U);
  }
  static constexpr std::uint16_t edns_do = 0x8000;  // RFC 3225
  using Bytes = std::span<const std::uint8_t>;
  using V4 = std::array<std::uint8_t, 4>;
  using V6 = std::array<std::uint8_t, 16>;
  using Types = std::span<const std::uint16_t>;

  // -- message ---------------------------------------------------------------------------------
  MessageWriter& begin(std::uint16_t id, std::uint16_t flags);
  // Off: names are written in full (a sender may do so). Stays over begin().
  MessageWriter& compression(bool on);
  MessageWriter& question(std::string_view name, std::uint16_t type, std::uint16_t klass = 1);
  MessageWriter& authority();  // records from here on belong to this section
  MessageWriter& additional();
  // Makes a header count (0 questions .. 3 additional) say something that is not so.
  MessageWriter& lie_about_count(std::size_t section, std::uint16_t count);
  MessageWriter& or_flags(std::uint16_t flags);
  // Closes the last record and fills in the counts. The bytes live until the next begin().
  Bytes finish();
  std::size_t size() const { return buffer_.size(); }

  // -- any record, then its rdata --------------------------------------------------------------
  MessageWriter& record(std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                        std::uint16_t klass = 1);
  MessageWriter& u8(std::uint8_t value);
  MessageWriter& u16(std::uint16_t value);
  MessageWriter& u32(std::uint32_t value);
  MessageWriter& bytes(Bytes value);
  MessageWriter& text(std::string_view value);        // one character-string, up to 255 octets
  MessageWriter& name(std::string_view value);        // compressed: types of RFC 1035 only
  MessageWriter& plain_name(std::string_view value);  // RFC 3597 4: all newer types
  MessageWriter& type_bitmap(Types types);            // RFC 4034 4.1.2; ascending

  // -- records by type -------------------------------------------------------------------------
  MessageWriter& a(std::string_view owner, std::uint32_t ttl, const V4& address);
  MessageWriter& aaaa(std::string_view owner, std::uint32_t ttl, const V6& address);
  MessageWriter& ns(std::string_view owner, std::uint32_t ttl, std::string_view host);
  MessageWriter& cname(std::string_view owner, std::uint32_t ttl, std::string_view target);
  MessageWriter& ptr(std::string_view owner, std::uint32_t ttl, std::string_view target);
  MessageWriter& mx(std::string_view owner, std::uint32_t ttl, std::uint16_t preference,
                    std::string_view host);
  MessageWriter& txt(std::string_view owner, std::uint32_t ttl,
                     std::initializer_list<std::string_view> strings);
  MessageWriter& srv(std::string_view owner, std::uint32_t ttl, std::uint16_t priority,
                     std::uint16_t weight, std::uint16_t port, std::string_view host);
  struct Soa {
    std::string_view mname{}, rname{};
    std::uint32_t serial = 1, refresh = 7200, retry = 3600, expire = 1209600, minimum = 300;
  };
  MessageWriter& soa(std::string_view owner, std::uint32_t ttl, const Soa& soa);
  MessageWriter& ds(std::string_view owner, std::uint32_t ttl, std::uint16_t key_tag,
                    std::uint8_t algorithm, std::uint8_t digest_type, Bytes digest);
  MessageWriter& dnskey(std::string_view owner, std::uint32_t ttl, std::uint16_t flags,
                        std::uint8_t algorithm, Bytes key);
  struct Rrsig {
    std::uint16_t covered = 1;
    std::uint8_t algorithm = 13, labels = 2;
    std::uint32_t original_ttl = 300, expiration = 0, inception = 0;
    std::uint16_t key_tag = 0;
    std::string_view signer{};
  };
  MessageWriter& rrsig(std::string_view owner, std::uint32_t ttl, const Rrsig& fields,
                       Bytes signature);
  MessageWriter& nsec(std::string_view owner, std::uint32_t ttl, std::string_view next,
                      Types types);
  struct Nsec3 {
    std::uint8_t flags = 0;
    std::uint16_t iterations = 0;
    Bytes salt{}, next_hash{};
  };
  MessageWriter& nsec3(std::string_view owner, std::uint32_t ttl, const Nsec3& fields, Types types);
  // SVCB (64) or HTTPS (65), RFC 9460; svc_param() calls follow, keys ascending.
  MessageWriter& svcb(std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                      std::uint16_t priority, std::string_view target);
  MessageWriter& svc_param(std::uint16_t key, Bytes value);
  MessageWriter& caa(std::string_view owner, std::uint32_t ttl, std::uint8_t flags,
                     std::string_view tag, std::string_view value);
  MessageWriter& tlsa(std::string_view owner, std::uint32_t ttl, std::uint8_t usage,
                      std::uint8_t selector, std::uint8_t matching, Bytes data);

  // -- EDNS (RFC 6891) -------------------------------------------------------------------------
  // In the additional section. `extended_rcode` is the upper eight bits of the response code.
  MessageWriter& edns(std::uint16_t udp_size, std::uint16_t flags = 0,
                      std::uint8_t extended_rcode = 0, std::uint8_t version = 0);
  MessageWriter& option(std::uint16_t code, Bytes value);
  // RFC 7871; the address is cut to `source` bits as the RFC asks.
  MessageWriter& client_subnet(const IpAddress& address, std::uint8_t source,
                               std::uint8_t scope = 0);
  MessageWriter& cookie(Bytes client, Bytes server = {});                         // RFC 7873
  MessageWriter& extended_error(std::uint16_t code, std::string_view text = {});  // RFC 8914

 private:
  void close_record();
  void enter(std::size_t section);
  void put_name(std::string_view text, bool compress);
  bool suffix_is_at(std::size_t offset, Bytes suffix) const;

  struct Known {
    std::uint32_t hash;
    std::uint16_t offset;
  };
  static constexpr std::size_t no_record = 0;

  std::vector<std::uint8_t> buffer_;
  std::vector<Known> known_;  // where a name's suffix stands that a pointer may name
  std::array<std::uint16_t, 4> counts_{};
  std::array<std::optional<std::uint16_t>, 4> lies_{};
  std::size_t section_ = 0;
  std::size_t length_at_ = no_record;  // where the open record's length belongs
  bool compression_ = true;
};

}  // namespace dnstorm::capture::dns
