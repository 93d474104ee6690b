#include "capture/dns/writer.hpp"

#include <algorithm>
#include <cstring>

#include "capture/dns/codes.hpp"
#include "engine/base/assert.hpp"

namespace dnstorm::capture::dns {

namespace {

constexpr std::size_t header_size = 12;
constexpr std::size_t pointer_reach = 0x4000;  // RFC 1035 4.1.4: fourteen bits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads one octet of presentation text at `at`, with its escape; false for a broken escape.
bool take_octet(std::string_view text, std::size_t& at, std::uint8_t& out) {
  char c = text[at++];
  if (c != '\\') {
    out = static_cast<std::uint8_t>(c);
    return true;
  }
  if (at >= text.size()) return false;
  if (!is_digit(text[at])) {
    out = static_cast<std::uint8_t>(text[at++]);
    return true;
  }
  if (text.size() - at < 3 || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return false;
  int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  out = static_cast<std::uint8_t>(value);
  return value <= 255;
}

std::uint32_t hash_more(std::uint32_t hash, std::span<const std::uint8_t> bytes) {
  for (std::uint8_t byte : bytes) hash = (hash ^ byte) * 16777619U;  // FNV-1a
  return hash;
}

}  // namespace

std::optional<EncodedName> encode_name(std::string_view text) {
  EncodedName name;
  std::size_t size = 0;
  std::size_t at = text == "." ? 1 : 0;
  while (at < text.size()) {
    std::size_t length_at = size++;
    if (length_at >= 254) return std::nullopt;
    while (at < text.size() && text[at] != '.') {
      if (size >= 254 || size - length_at > 63) return std::nullopt;
      if (!take_octet(text, at, name.bytes[size++])) return std::nullopt;
    }
    if (size - length_at == 1) return std::nullopt;
    name.bytes[length_at] = static_cast<std::uint8_t>(size - length_at - 1);
    name.labels[name.label_count++] = static_cast<std::uint8_t>(length_at);
    ++at;  // the dot
  }
  name.bytes[size++] = 0;
  name.size = static_cast<std::uint8_t>(size);
  return name;
}

// -- message -----------------------------------------------------------------------------------

MessageWriter& MessageWriter::begin(std::uint16_t id, std::uint16_t flags) {
  buffer_.assign(header_size, 0);
  buffer_[0] = static_cast<std::uint8_t>(id >> 8U);
  buffer_[1] = static_cast<std::uint8_t>(id);
  buffer_[2] = static_cast<std::uint8_t>(flags >> 8U);
  buffer_[3] = static_cast<std::uint8_t>(flags);
  known_.clear();
  counts_.fill(0);
  lies_.fill(std::nullopt);
  section_ = 0;
  length_at_ = no_record;
  return *this;
}

MessageWriter& MessageWriter::compression(bool on) {
  compression_ = on;
  return *this;
}

void MessageWriter::enter(std::size_t section) {
  DNSTORM_ASSERT(buffer_.size() >= header_size, "begin() comes first");
  DNSTORM_ASSERT(section >= section_, "sections go forward only", section, section_);
  close_record();
  section_ = section;
}

void MessageWriter::close_record() {
  if (length_at_ == no_record) return;
  std::size_t length = buffer_.size() - length_at_ - 2;
  DNSTORM_ASSERT(length <= 0xffff, "rdata over 65535 octets", length);
  buffer_[length_at_] = static_cast<std::uint8_t>(length >> 8U);
  buffer_[length_at_ + 1] = static_cast<std::uint8_t>(length);
  length_at_ = no_record;
}

MessageWriter& MessageWriter::question(std::string_view name, std::uint16_t type,
                                       std::uint16_t klass) {
  enter(0);
  ++counts_[0];
  put_name(name, compression_);
  return u16(type).u16(klass);
}

MessageWriter& MessageWriter::authority() { return enter(2), *this; }
MessageWriter& MessageWriter::additional() { return enter(3), *this; }

MessageWriter& MessageWriter::lie_about_count(std::size_t section, std::uint16_t count) {
  lies_.at(section) = count;
  return *this;
}

MessageWriter& MessageWriter::or_flags(std::uint16_t flags) {
  buffer_[2] = static_cast<std::uint8_t>(buffer_[2] | (flags >> 8U));
  buffer_[3] = static_cast<std::uint8_t>(buffer_[3] | (flags & 0xffU));
  return *this;
}

MessageWriter::Bytes MessageWriter::finish() {
  close_record();
  for (std::size_t i = 0; i < 4; ++i) {
    std::uint16_t count = lies_[i].value_or(counts_[i]);
    buffer_[4 + 2 * i] = static_cast<std::uint8_t>(count >> 8U);
    buffer_[5 + 2 * i] = static_cast<std::uint8_t>(count);
  }
  DNSTORM_ASSERT(buffer_.size() <= 0xffff, "a message over 65535 octets", buffer_.size());
  return buffer_;
}

// -- names -------------------------------------------------------------------------------------

// Compares octet by octet, so that letters keep their case (a 0x20 resolver checks that they do).
bool MessageWriter::suffix_is_at(std::size_t offset, Bytes suffix) const {
  std::size_t at = offset;
  std::size_t i = 0;
  while (i < suffix.size()) {
    std::uint8_t length = buffer_[at];
    if ((length & 0xc0U) == 0xc0U) {  // our own pointers: backwards, inside
      at = ((length & 0x3fU) << 8U) | buffer_[at + 1];
      continue;
    }
    std::size_t n = length + 1U;
    if (n > suffix.size() - i || at + n > buffer_.size()) return false;
    if (std::memcmp(&buffer_[at], &suffix[i], n) != 0) return false;
    at += n;
    i += n;
  }
  return true;
}

void MessageWriter::put_name(std::string_view text, bool compress) {
  std::optional<EncodedName> name = encode_name(text);
  DNSTORM_ASSERT(name.has_value(), "not a domain name", text);
  std::array<std::uint32_t, 128> hashes;
  std::uint32_t hash = 2166136261U;
  std::size_t end = name->size - 1U;
  for (std::size_t i = name->label_count; i-- > 0;) {
    hash = hash_more(hash, {&name->bytes[name->labels[i]], end - name->labels[i]});
    end = name->labels[i];
    hashes[i] = hash;
  }
  for (std::size_t i = 0; i < name->label_count; ++i) {
    std::size_t from = name->labels[i];
    Bytes suffix = name->wire().subspan(from);
    if (compress) {
      for (const Known& known : known_) {
        if (known.hash != hashes[i] || !suffix_is_at(known.offset, suffix)) continue;
        u16(static_cast<std::uint16_t>(0xc000U | known.offset));
        return;
      }
    }
    if (buffer_.size() < pointer_reach)
      known_.push_back({hashes[i], static_cast<std::uint16_t>(buffer_.size())});
    bytes(suffix.first(suffix[0] + 1U));
  }
  u8(0);
}

// -- rdata -------------------------------------------------------------------------------------

MessageWriter& MessageWriter::record(std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                                     std::uint16_t klass) {
  enter(std::max<std::size_t>(section_, 1));
  ++counts_[section_];
  put_name(owner, compression_);
  u16(type).u16(klass).u32(ttl);
  length_at_ = buffer_.size();
  return u16(0);
}

MessageWriter& MessageWriter::u8(std::uint8_t value) {
  buffer_.push_back(value);
  return *this;
}

MessageWriter& MessageWriter::u16(std::uint16_t value) {
  const std::uint8_t raw[] = {static_cast<std::uint8_t>(value >> 8U),
                              static_cast<std::uint8_t>(value)};
  return bytes(raw);
}

MessageWriter& MessageWriter::u32(std::uint32_t value) {
  return u16(static_cast<std::uint16_t>(value >> 16U)).u16(static_cast<std::uint16_t>(value));
}

MessageWriter& MessageWriter::bytes(Bytes value) {
  buffer_.insert(buffer_.end(), value.begin(), value.end());
  return *this;
}

MessageWriter& MessageWriter::text(std::string_view value) {
  DNSTORM_ASSERT(value.size() <= 255, "a character-string over 255 octets", value.size());
  u8(static_cast<std::uint8_t>(value.size()));
  buffer_.insert(buffer_.end(), value.begin(), value.end());
  return *this;
}

MessageWriter& MessageWriter::name(std::string_view value) {
  return put_name(value, compression_), *this;
}
MessageWriter& MessageWriter::plain_name(std::string_view value) {
  return put_name(value, false), *this;
}

MessageWriter& MessageWriter::type_bitmap(Types types) {
  for (std::size_t i = 0; i < types.size();) {
    unsigned window = types[i] >> 8U;
    std::array<std::uint8_t, 32> bits{};
    std::size_t used = 0;
    for (; i < types.size() && unsigned{types[i]} >> 8U == window; ++i) {
      unsigned low = types[i] & 0xffU;
      bits[low / 8] = static_cast<std::uint8_t>(bits[low / 8] | (0x80U >> (low % 8)));
      used = low / 8 + 1;
    }
    u8(static_cast<std::uint8_t>(window)).u8(static_cast<std::uint8_t>(used));
    bytes(Bytes(bits).first(used));
  }
  return *this;
}

// -- records by type ---------------------------------------------------------------------------

MessageWriter& MessageWriter::a(std::string_view owner, std::uint32_t ttl, const V4& address) {
  return record(owner, type::a, ttl).bytes(address);
}
MessageWriter& MessageWriter::aaaa(std::string_view owner, std::uint32_t ttl, const V6& address) {
  return record(owner, type::aaaa, ttl).bytes(address);
}
MessageWriter& MessageWriter::ns(std::string_view owner, std::uint32_t ttl, std::string_view host) {
  return record(owner, type::ns, ttl).name(host);
}
MessageWriter& MessageWriter::cname(std::string_view owner, std::uint32_t ttl,
                                    std::string_view target) {
  return record(owner, type::cname, ttl).name(target);
}
MessageWriter& MessageWriter::ptr(std::string_view owner, std::uint32_t ttl,
                                  std::string_view target) {
  return record(owner, type::ptr, ttl).name(target);
}
MessageWriter& MessageWriter::mx(std::string_view owner, std::uint32_t ttl,
                                 std::uint16_t preference, std::string_view host) {
  return record(owner, type::mx, ttl).u16(preference).name(host);
}
MessageWriter& MessageWriter::txt(std::string_view owner, std::uint32_t ttl,
                                  std::initializer_list<std::string_view> strings) {
  record(owner, type::txt, ttl);
  for (std::string_view string : strings) text(string);
  return *this;
}
MessageWriter& MessageWriter::srv(std::string_view owner, std::uint32_t ttl, std::uint16_t priority,
                                  std::uint16_t weight, std::uint16_t port, std::string_view host) {
  return record(owner, type::srv, ttl).u16(priority).u16(weight).u16(port).plain_name(host);
}
MessageWriter& MessageWriter::soa(std::string_view owner, std::uint32_t ttl, const Soa& soa) {
  record(owner, type::soa, ttl).name(soa.mname).name(soa.rname);
  return u32(soa.serial).u32(soa.refresh).u32(soa.retry).u32(soa.expire).u32(soa.minimum);
}
MessageWriter& MessageWriter::ds(std::string_view owner, std::uint32_t ttl, std::uint16_t key_tag,
                                 std::uint8_t algorithm, std::uint8_t digest_type, Bytes digest) {
  return record(owner, type::ds, ttl).u16(key_tag).u8(algorithm).u8(digest_type).bytes(digest);
}
MessageWriter& MessageWriter::dnskey(std::string_view owner, std::uint32_t ttl, std::uint16_t flags,
                                     std::uint8_t algorithm, Bytes key) {
  return record(owner, type::dnskey, ttl).u16(flags).u8(3).u8(algorithm).bytes(key);
}
MessageWriter& MessageWriter::rrsig(std::string_view owner, std::uint32_t ttl, const Rrsig& fields,
                                    Bytes signature) {
  record(owner, type::rrsig, ttl).u16(fields.covered).u8(fields.algorithm).u8(fields.labels);
  u32(fields.original_ttl).u32(fields.expiration).u32(fields.inception).u16(fields.key_tag);
  return plain_name(fields.signer).bytes(signature);
}
MessageWriter& MessageWriter::nsec(std::string_view owner, std::uint32_t ttl, std::string_view next,
                                   Types types) {
  return record(owner, type::nsec, ttl).plain_name(next).type_bitmap(types);
}
MessageWriter& MessageWriter::nsec3(std::string_view owner, std::uint32_t ttl, const Nsec3& fields,
                                    Types types) {
  record(owner, type::nsec3, ttl).u8(1).u8(fields.flags).u16(fields.iterations);
  u8(static_cast<std::uint8_t>(fields.salt.size())).bytes(fields.salt);
  u8(static_cast<std::uint8_t>(fields.next_hash.size())).bytes(fields.next_hash);
  return type_bitmap(types);
}
MessageWriter& MessageWriter::svcb(std::string_view owner, std::uint16_t type, std::uint32_t ttl,
                                   std::uint16_t priority, std::string_view target) {
  return record(owner, type, ttl).u16(priority).plain_name(target);
}
MessageWriter& MessageWriter::svc_param(std::uint16_t key, Bytes value) {
  return u16(key).u16(static_cast<std::uint16_t>(value.size())).bytes(value);
}
MessageWriter& MessageWriter::caa(std::string_view owner, std::uint32_t ttl, std::uint8_t flags,
                                  std::string_view tag, std::string_view value) {
  record(owner, type::caa, ttl).u8(flags).text(tag);
  buffer_.insert(buffer_.end(), value.begin(), value.end());
  return *this;
}
MessageWriter& MessageWriter::tlsa(std::string_view owner, std::uint32_t ttl, std::uint8_t usage,
                                   std::uint8_t selector, std::uint8_t matching, Bytes data) {
  return record(owner, type::tlsa, ttl).u8(usage).u8(selector).u8(matching).bytes(data);
}

// -- EDNS --------------------------------------------------------------------------------------

MessageWriter& MessageWriter::edns(std::uint16_t udp_size, std::uint16_t flags,
                                   std::uint8_t extended_rcode, std::uint8_t version) {
  std::uint32_t ttl =
      (std::uint32_t{extended_rcode} << 24U) | (std::uint32_t{version} << 16U) | flags;
  return additional().record(".", type::opt, ttl, udp_size);
}

MessageWriter& MessageWriter::option(std::uint16_t code, Bytes value) {
  return u16(code).u16(static_cast<std::uint16_t>(value.size())).bytes(value);
}

MessageWriter& MessageWriter::client_subnet(const IpAddress& address, std::uint8_t source,
                                            std::uint8_t scope) {
  bool v4 = address.is_v4();
  std::size_t count = (source + 7U) / 8U;
  DNSTORM_ASSERT(count <= (v4 ? 4U : 16U), "a prefix longer than its address", source);
  std::array<std::uint8_t, 20> value{0, static_cast<std::uint8_t>(v4 ? 1 : 2), source, scope};
  std::memcpy(&value[4], &address.bytes[v4 ? 12 : 0], count);
  if (source % 8 != 0)
    value[3 + count] = static_cast<std::uint8_t>(value[3 + count] & (0xff00U >> (source % 8U)));
  return option(8, Bytes(value).first(4 + count));
}

MessageWriter& MessageWriter::cookie(Bytes client, Bytes server) {
  u16(10).u16(static_cast<std::uint16_t>(client.size() + server.size()));
  return bytes(client).bytes(server);
}

MessageWriter& MessageWriter::extended_error(std::uint16_t code, std::string_view text) {
  u16(15).u16(static_cast<std::uint16_t>(2 + text.size())).u16(code);
  buffer_.insert(buffer_.end(), text.begin(), text.end());
  return *this;
}

}  // namespace dnstorm::capture::dns
