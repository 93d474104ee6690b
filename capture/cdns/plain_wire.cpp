#include "capture/cdns/plain_wire.hpp"

#include "capture/dns/name.hpp"

namespace dnstorm::capture::cdns {
namespace {

using Wire = std::span<const std::uint8_t>;

// Where names stand in the data of a type: behind `before` bytes and `strings` character-strings,
// `names` of them; the rest has none.
struct Layout {
  std::uint8_t before = 0;
  std::uint8_t strings = 0;
  std::uint8_t names = 0;
};

// The types of RFC 1035 and of RFC 3597 4, and newer ones whose senders compress all the same.
Layout layout_of(std::uint16_t type) {
  switch (type) {
    case 2:   // NS
    case 3:   // MD
    case 4:   // MF
    case 5:   // CNAME
    case 7:   // MB
    case 8:   // MG
    case 9:   // MR
    case 12:  // PTR
    case 23:  // NSAP-PTR
    case 30:  // NXT
    case 39:  // DNAME
    case 47:  // NSEC
      return {0, 0, 1};
    case 6:   // SOA
    case 14:  // MINFO
    case 17:  // RP
      return {0, 0, 2};
    case 15:  // MX
    case 18:  // AFSDB
    case 21:  // RT
    case 36:  // KX
    case 64:  // SVCB
    case 65:  // HTTPS
      return {2, 0, 1};
    case 26:  // PX
      return {2, 0, 2};
    case 33:  // SRV
      return {6, 0, 1};
    case 35:  // NAPTR
      return {4, 3, 1};
    case 24:  // SIG
    case 46:  // RRSIG
      return {18, 0, 1};
    default:
      return {};
  }
}

// Appends what stands before and in the names; false where the data have another form.
bool append_names(Wire wire, std::size_t& at, Layout layout, std::vector<std::uint8_t>& out) {
  std::size_t start = at;
  if (wire.size() - at < layout.before) return false;
  at += layout.before;
  for (unsigned i = 0; i < layout.strings; ++i) {
    if (at >= wire.size() || wire.size() - at <= wire[at]) return false;
    at += 1u + wire[at];
  }
  out.insert(out.end(), wire.begin() + static_cast<std::ptrdiff_t>(start),
             wire.begin() + static_cast<std::ptrdiff_t>(at));
  for (unsigned i = 0; i < layout.names; ++i) {
    dns::NameShape shape;
    if (dns::walk_name(wire, at, shape) != dns::ParseError::none) return false;
    at = append_name(wire, at, out);
  }
  return true;
}

}  // namespace

std::size_t append_name(Wire wire, std::size_t offset, std::vector<std::uint8_t>& out) {
  std::size_t at = offset, end = 0;
  for (;;) {
    std::uint8_t length = wire[at];
    if ((length & 0xc0U) == 0xc0U) {
      if (end == 0) end = at + 2;
      at = static_cast<std::size_t>(length & 0x3fU) << 8U | wire[at + 1];
      continue;
    }
    out.insert(out.end(), wire.begin() + static_cast<std::ptrdiff_t>(at),
               wire.begin() + static_cast<std::ptrdiff_t>(at + 1 + length));
    at += 1u + length;
    if (length == 0) return end == 0 ? at : end;
  }
}

void append_rdata(const dns::Message& message, const dns::Record& record,
                  std::vector<std::uint8_t>& out) {
  std::size_t kept = out.size();
  // A name in the data may point to anything before it, but ends with the data.
  Wire wire = message.wire.first(std::size_t{record.rdata_offset} + record.rdata_length);
  std::size_t at = record.rdata_offset;
  Layout layout = record.rdata_length == 0 ? Layout{} : layout_of(record.type);
  if (layout.names != 0 && !append_names(wire, at, layout, out)) {
    out.resize(kept);
    at = record.rdata_offset;
  }
  out.insert(out.end(), wire.begin() + static_cast<std::ptrdiff_t>(at), wire.end());
}

bool is_plain_name(Wire bytes) {
  dns::NameShape shape;
  if (bytes.empty() || dns::walk_name(bytes, 0, shape) != dns::ParseError::none) return false;
  return shape.end == bytes.size() && shape.wire_length == bytes.size();
}

}  // namespace dnstorm::capture::cdns
