#include "capture/dns/detail/rdata_check.hpp"

#include "capture/dns/codes.hpp"
#include "capture/dns/detail/name_walk.hpp"

namespace dnstorm::capture::dns::detail {
namespace {

using Wire = std::span<const std::uint8_t>;

// The data of one record, read from the front. Every take_ answers false when something is missing.
class Data {
 public:
  Data(Wire wire, std::size_t at) : wire_(wire), at_(at) {}

  std::size_t left() const { return wire_.size() - at_; }
  bool done() const { return left() == 0; }
  bool skip(std::size_t n) {
    if (left() < n) return false;
    at_ += n;
    return true;
  }
  bool name() {
    NameShape shape;
    if (walk_labels(wire_, at_, shape, [](std::size_t, std::uint8_t) {}) != ParseError::none)
      return false;
    at_ = shape.end;
    return true;
  }
  bool u8(std::uint8_t& out) {
    if (left() < 1) return false;
    out = wire_[at_++];
    return true;
  }
  bool u16(std::uint16_t& out) {
    if (left() < 2) return false;
    out = load_be16(&wire_[at_]);
    at_ += 2;
    return true;
  }
  // A length byte and that many bytes.
  bool counted() {
    std::uint8_t n = 0;
    return u8(n) && skip(n);
  }
  Wire take(std::size_t n) {
    Wire taken = wire_.subspan(at_, n);
    at_ += n;
    return taken;
  }

 private:
  Wire wire_;
  std::size_t at_;
};

// One or more length-prefixed strings fill the data (RFC 1035 3.3.14).
bool strings_fit(Data data) {
  if (data.done()) return false;
  while (!data.done())
    if (!data.counted()) return false;
  return true;
}

// RFC 4034 4.1.2: windows in rising order, each of 1 to 32 bytes.
bool type_bitmap_fits(Data data) {
  int last = -1;
  while (!data.done()) {
    std::uint8_t window = 0, length = 0;
    if (!data.u8(window) || !data.u8(length) || window <= last || length == 0 || length > 32 ||
        !data.skip(length))
      return false;
    last = window;
  }
  return true;
}

bool nsec_fits(Data data) { return data.name() && type_bitmap_fits(data); }

bool nsec3_fits(Data data) {
  return data.skip(4) && data.counted() && data.left() > 1 && data.counted() &&
         type_bitmap_fits(data);
}

bool rrsig_fits(Data data) { return data.skip(18) && data.name() && !data.done(); }

// The values of the parameters that RFC 9460 and RFC 9461 define.
bool svc_param_fits(std::uint16_t key, Wire value) {
  switch (key) {
    case 0: {  // mandatory: keys in rising order
      bool fits = !value.empty() && value.size() % 2 == 0;
      for (std::size_t i = 2; fits && i < value.size(); i += 2)
        fits = load_be16(&value[i - 2]) < load_be16(&value[i]);
      return fits;
    }
    case 1: {  // alpn: strings, none of them empty
      Data data(value, 0);
      if (data.done()) return false;
      std::uint8_t length = 0;
      while (!data.done())
        if (!data.u8(length) || length == 0 || !data.skip(length)) return false;
      return true;
    }
    case 2:
      return value.empty();  // no-default-alpn
    case 3:
      return value.size() == 2;  // port
    case 4:
      return !value.empty() && value.size() % 4 == 0;  // ipv4hint
    case 6:
      return !value.empty() && value.size() % 16 == 0;  // ipv6hint
    default:
      return true;
  }
}

bool svcb_fits(Data data) {
  if (!data.skip(2) || !data.name()) return false;
  int last = -1;
  while (!data.done()) {
    std::uint16_t key = 0, length = 0;
    if (!data.u16(key) || !data.u16(length) || key <= last || data.left() < length) return false;
    if (!svc_param_fits(key, data.take(length))) return false;
    last = key;
  }
  return true;
}

bool caa_fits(Data data) {
  std::uint8_t tag = 0;
  return data.skip(1) && data.u8(tag) && tag > 0 && data.skip(tag);
}

// RFC 1876: version 0 has 16 bytes; other versions have a form of their own.
bool loc_fits(Data data) {
  std::size_t size = data.left();
  std::uint8_t version = 0;
  return data.u8(version) && (version != 0 || size == 16);
}

}  // namespace

bool rdata_fits(std::uint16_t type, std::uint16_t dns_class, Wire wire, std::size_t offset) {
  Data data(wire, offset);
  switch (type) {
    case type::a:
      return dns_class != dns_class::in || data.left() == 4;
    case type::aaaa:
      return dns_class != dns_class::in || data.left() == 16;
    case type::ns:
    case type::cname:
    case type::ptr:
    case type::dname:
      return data.name() && data.done();
    case type::soa:
      return data.name() && data.name() && data.left() == 20;
    case type::mx:
      return data.skip(2) && data.name() && data.done();
    case type::txt:
      return strings_fit(data);
    case type::srv:
      return data.skip(6) && data.name() && data.done();
    case type::ds:
    case type::cds:
      return data.left() > 4;
    case type::rrsig:
      return rrsig_fits(data);
    case type::nsec:
      return nsec_fits(data);
    case type::nsec3:
      return nsec3_fits(data);
    case type::dnskey:
    case type::cdnskey:
      return data.left() > 4;
    case type::svcb:
    case type::https:
      return svcb_fits(data);
    case type::caa:
      return caa_fits(data);
    case type::tlsa:
    case type::smimea:
      return data.left() >= 3;
    case type::loc:
      return loc_fits(data);
    default:
      return true;
  }
}

}  // namespace dnstorm::capture::dns::detail
