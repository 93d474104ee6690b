#include "capture/dns/rdata.hpp"

#include "capture/dns/codes.hpp"
#include "capture/dns/detail/rdata_check.hpp"
#include "engine/base/cursor.hpp"

namespace dnstorm::capture::dns {
namespace {

// The data of a record whose form detail::rdata_fits() has approved: reading needs no checks, but
// for what lies behind the last field.
class Reader {
 public:
  Reader(const Message& message, const Record& record)
      : wire_(message.wire.first(std::size_t{record.rdata_offset} + record.rdata_length)),
        at_(record.rdata_offset) {}

  bool done() const { return at_ >= wire_.size(); }
  std::uint8_t u8() { return wire_[at_++]; }
  std::uint16_t u16() { return at_ += 2, load_be16(&wire_[at_ - 2]); }
  std::uint32_t u32() { return at_ += 4, load_be32(&wire_[at_ - 4]); }
  ByteSpan bytes(std::size_t n) { return at_ += n, wire_.subspan(at_ - n, n); }
  ByteSpan rest() { return bytes(wire_.size() - at_); }
  ByteSpan counted() {
    std::size_t n = u8();
    return bytes(n);
  }
  std::string name() {
    NameShape shape;
    if (walk_name(wire_, at_, shape) != ParseError::none) return {};
    std::string text = name_text(wire_, at_, LetterCase::keep);
    at_ = shape.end;
    return text;
  }
  // RFC 4034 4.1.2
  std::vector<std::uint16_t> type_bitmap() {
    std::vector<std::uint16_t> types;
    while (!done()) {
      unsigned window = u8();
      ByteSpan bits = counted();
      for (std::size_t i = 0; i < bits.size() * 8; ++i)
        if (bits[i / 8] & 0x80 >> i % 8)
          types.push_back(static_cast<std::uint16_t>(window << 8 | i));
    }
    return types;
  }

 private:
  ByteSpan wire_;
  std::size_t at_;
};

std::string_view characters(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Whether the record is of one of the types and its data have their form.
bool is(const Message& message, const Record& record, std::initializer_list<std::uint16_t> types) {
  if (std::find(types.begin(), types.end(), record.type) == types.end()) return false;
  std::size_t end = std::size_t{record.rdata_offset} + record.rdata_length;
  return detail::rdata_fits(record.type, record.dns_class, message.wire.first(end),
                            record.rdata_offset);
}

// RFC 4034 appendix B; algorithm 1 (B.1) takes it out of the key's end.
std::uint16_t key_tag_of(ByteSpan rdata) {
  if (rdata[3] == 1) return rdata.size() < 7 ? 0 : load_be16(&rdata[rdata.size() - 3]);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < rdata.size(); ++i)
    sum += std::uint32_t{rdata[i]} << (i % 2 == 0 ? 8 : 0);
  return static_cast<std::uint16_t>(sum + (sum >> 16 & 0xffff));
}

}  // namespace

std::optional<IpAddress> parse_address(const Message& message, const Record& record) {
  if (record.dns_class != dns_class::in) return std::nullopt;  // elsewhere they are no addresses
  ByteSpan rdata = message.rdata(record);
  if (record.type == type::a && rdata.size() == 4) return IpAddress::v4(rdata.data());
  if (record.type == type::aaaa && rdata.size() == 16) return IpAddress::v6(rdata.data());
  return std::nullopt;
}

std::optional<std::string> parse_host(const Message& message, const Record& record) {
  if (!is(message, record, {type::ns, type::cname, type::ptr, type::dname})) return std::nullopt;
  return Reader(message, record).name();
}

std::optional<std::vector<std::string_view>> parse_txt(const Message& message,
                                                       const Record& record) {
  if (!is(message, record, {type::txt})) return std::nullopt;
  std::vector<std::string_view> strings;
  for (Reader reader(message, record); !reader.done();)
    strings.push_back(characters(reader.counted()));
  return strings;
}

std::optional<Soa> parse_soa(const Message& message, const Record& record) {
  if (!is(message, record, {type::soa})) return std::nullopt;
  Reader reader(message, record);
  Soa soa;
  soa.mname = reader.name();
  soa.rname = reader.name();
  soa.serial = reader.u32();
  soa.refresh = reader.u32();
  soa.retry = reader.u32();
  soa.expire = reader.u32();
  soa.minimum = reader.u32();
  return soa;
}

std::optional<Mx> parse_mx(const Message& message, const Record& record) {
  if (!is(message, record, {type::mx})) return std::nullopt;
  Reader reader(message, record);
  Mx mx;
  mx.preference = reader.u16();
  mx.exchange = reader.name();
  return mx;
}

std::optional<Srv> parse_srv(const Message& message, const Record& record) {
  if (!is(message, record, {type::srv})) return std::nullopt;
  Reader reader(message, record);
  Srv srv;
  srv.priority = reader.u16();
  srv.weight = reader.u16();
  srv.port = reader.u16();
  srv.target = reader.name();
  return srv;
}

std::optional<Ds> parse_ds(const Message& message, const Record& record) {
  if (!is(message, record, {type::ds, type::cds})) return std::nullopt;
  Reader reader(message, record);
  Ds ds;
  ds.key_tag = reader.u16();
  ds.algorithm = reader.u8();
  ds.digest_type = reader.u8();
  ds.digest = reader.rest();
  return ds;
}

std::optional<Rrsig> parse_rrsig(const Message& message, const Record& record) {
  if (!is(message, record, {type::rrsig})) return std::nullopt;
  Reader reader(message, record);
  Rrsig rrsig;
  rrsig.type_covered = reader.u16();
  rrsig.algorithm = reader.u8();
  rrsig.labels = reader.u8();
  rrsig.original_ttl = reader.u32();
  rrsig.expiration = reader.u32();
  rrsig.inception = reader.u32();
  rrsig.key_tag = reader.u16();
  rrsig.signer = reader.name();
  rrsig.signature = reader.rest();
  return rrsig;
}

std::optional<Nsec> parse_nsec(const Message& message, const Record& record) {
  if (!is(message, record, {type::nsec})) return std::nullopt;
  Reader reader(message, record);
  Nsec nsec;
  nsec.next = reader.name();
  nsec.types = reader.type_bitmap();
  return nsec;
}

std::optional<Nsec3> parse_nsec3(const Message& message, const Record& record) {
  if (!is(message, record, {type::nsec3})) return std::nullopt;
  Reader reader(message, record);
  Nsec3 nsec3;
  nsec3.algorithm = reader.u8();
  nsec3.flags = reader.u8();
  nsec3.iterations = reader.u16();
  nsec3.salt = reader.counted();
  nsec3.next_hash = reader.counted();
  nsec3.types = reader.type_bitmap();
  return nsec3;
}

std::optional<Dnskey> parse_dnskey(const Message& message, const Record& record) {
  if (!is(message, record, {type::dnskey, type::cdnskey})) return std::nullopt;
  Reader reader(message, record);
  Dnskey key;
  key.flags = reader.u16();
  key.protocol = reader.u8();
  key.algorithm = reader.u8();
  key.key = reader.rest();
  key.key_tag = key_tag_of(message.rdata(record));
  return key;
}

std::optional<Svcb> parse_svcb(const Message& message, const Record& record) {
  if (!is(message, record, {type::svcb, type::https})) return std::nullopt;
  Reader reader(message, record);
  Svcb svcb;
  svcb.priority = reader.u16();
  svcb.target = reader.name();
  while (!reader.done()) {
    SvcParam param;
    param.key = reader.u16();
    std::size_t length = reader.u16();
    param.value = reader.bytes(length);
    svcb.params.push_back(param);
  }
  return svcb;
}

std::optional<Caa> parse_caa(const Message& message, const Record& record) {
  if (!is(message, record, {type::caa})) return std::nullopt;
  Reader reader(message, record);
  Caa caa;
  caa.flags = reader.u8();
  caa.tag = characters(reader.counted());
  caa.value = characters(reader.rest());
  return caa;
}

std::optional<Tlsa> parse_tlsa(const Message& message, const Record& record) {
  if (!is(message, record, {type::tlsa, type::smimea})) return std::nullopt;
  Reader reader(message, record);
  Tlsa tlsa;
  tlsa.usage = reader.u8();
  tlsa.selector = reader.u8();
  tlsa.matching_type = reader.u8();
  tlsa.data = reader.rest();
  return tlsa;
}

}  // namespace dnstorm::capture::dns
