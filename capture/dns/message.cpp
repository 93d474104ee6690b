#include "capture/dns/message.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "capture/dns/codes.hpp"
#include "capture/dns/detail/name_walk.hpp"
#include "capture/dns/detail/qname_text.hpp"
#include "capture/dns/detail/rdata_check.hpp"

namespace dnstorm::capture::dns {
namespace {

constexpr std::size_t flags_size = 4;  // id and flags
constexpr std::size_t header_size = 12;
constexpr std::size_t record_head_size = 10;  // type, class, TTL, length

// By the eight bits QR AA TC RD RA Z AD CD: one copy instead of eight bit tests.
constexpr auto flags_table = [] {
  std::array<HeaderFlags, 256> table{};
  for (unsigned i = 0; i < 256; ++i) {
    auto bit = [i](unsigned n) { return (i >> n & 1) != 0; };
    table[i] = {bit(7), bit(6), bit(5), bit(4), bit(3), bit(2), bit(1), bit(0)};
  }
  return table;
}();

// Reads one message. Holds where it is; everything found goes straight into the Message. What is
// not kept costs nothing but its check: that is known when the program is compiled.
template <Keep keep>
class Parser {
 public:
  Parser(std::span<const std::uint8_t> wire, Message& out)
      : wire_(wire.data()), size_(wire.size()), out_(out) {}

  void read_flags();
  void read_counts();
  ParseError read_questions();
  ParseError read_records();
  std::size_t left() const { return size_ - at_; }

 private:
  ParseError read_first_name();
  ParseError skip_name();
  ParseError read_opt(const Record& record);
  bool fits(const Record& record) const;

  const std::uint8_t* wire_;
  std::size_t size_;
  std::size_t at_ = header_size;
  std::size_t first_name_wire_ =
      0;  // uncompressed length of the name at offset 12, once it is read
  Message& out_;
};

template <Keep keep>
void Parser<keep>::read_flags() {
  std::uint8_t high = wire_[2], low = wire_[3];
  out_.id = load_be16(wire_);
  auto flags = static_cast<std::uint8_t>((high & 0x80) | (high & 0x07) << 4 | low >> 4);
  static_cast<HeaderFlags&>(out_) = flags_table[flags];
  out_.opcode = high >> 3 & 0x0f;
  out_.rcode = low & 0x0f;
  out_.header_ok = true;
}

template <Keep keep>
void Parser<keep>::read_counts() {
  out_.question_count = load_be16(wire_ + 4);
  out_.answer_count = load_be16(wire_ + 6);
  out_.authority_count = load_be16(wire_ + 8);
  out_.additional_count = load_be16(wire_ + 10);
}

template <Keep keep>
ParseError Parser<keep>::read_first_name() {
  char* text = out_.qname_buffer.data() + Message::qname_margin;
  detail::PlainName plain;
  if constexpr (keep.qname)
    plain = detail::read_plain_name(wire_, size_, at_, text);
  else
    plain = detail::plain_name(wire_, size_, at_);
  if (plain.labels != 0) [[likely]] {
    if constexpr (keep.qname) out_.qname = {text, plain.text_length};
    out_.qname_labels = static_cast<std::uint8_t>(plain.labels);
    out_.qname_wire_length = static_cast<std::uint16_t>(plain.end - at_);
    at_ = plain.end;
  } else {
    std::size_t length = 0;
    NameShape shape;
    std::span<const std::uint8_t> wire(wire_, size_);
    ParseError error = walk_name(wire, at_, shape);
    if (error == ParseError::none && keep.qname)
      error = write_name(wire, at_, LetterCase::lower, text, length);
    if (error != ParseError::none) return error;
    out_.qname = {text, length};
    out_.qname_labels = shape.labels;
    out_.qname_wire_length = shape.wire_length;
    at_ = shape.end;
  }
  if constexpr (keep.qname) out_.qname_hash = XXH3_64bits(out_.qname.data(), out_.qname.size());
  first_name_wire_ = out_.qname_wire_length;
  return ParseError::none;
}

template <Keep keep>
ParseError Parser<keep>::read_questions() {
  for (std::uint16_t i = 0; i < out_.question_count; ++i) {
    const std::size_t offset = at_;
    ParseError error = i == 0 ? read_first_name() : skip_name();
    if (error != ParseError::none) return error;
    if (left() < 4) return ParseError::truncated_question;
    Question other;
    Question& question = keep.records ? out_.questions.emplace_back() : other;
    question.offset = static_cast<std::uint16_t>(offset);
    question.type = load_be16(wire_ + at_);
    question.dns_class = load_be16(wire_ + at_ + 2);
    at_ += 4;
    if (i == 0) {
      out_.has_question = true;
      out_.qtype = question.type;
      out_.qclass = question.dns_class;
    }
  }
  out_.question_ok = true;
  return ParseError::none;
}

// Nearly every owner is the root (of OPT) or a pointer to the question's name, which is sound.
template <Keep keep>
inline ParseError Parser<keep>::skip_name() {
  if (left() >= 2) [[likely]] {
    if (first_name_wire_ != 0 &&
        load_be16(wire_ + at_) == (detail::pointer_mark << 8 | header_size)) {
      at_ += 2;
      return ParseError::none;
    }
    if (wire_[at_] == 0) {
      ++at_;
      return ParseError::none;
    }
  }
  NameShape shape;
  ParseError error = walk_name({wire_, size_}, at_, shape);
  if (error == ParseError::none) at_ = shape.end;
  return error;
}

// An update asks with empty data for "any of this type" and "delete" (RFC 2136 2.4, 2.5).
template <Keep keep>
bool Parser<keep>::fits(const Record& record) const {
  if (record.rdata_length == 0 && out_.opcode == opcode::update) return true;
  if (record.type == type::a && record.dns_class == dns_class::in) return record.rdata_length == 4;
  std::size_t end = std::size_t{record.rdata_offset} + record.rdata_length;
  return detail::rdata_fits(record.type, record.dns_class, {wire_, end}, record.rdata_offset);
}

template <Keep keep>
ParseError Parser<keep>::read_opt(const Record& record) {
  Edns& edns = out_.edns;
  if (edns.present) return ParseError::several_opt;
  edns.present = true;
  edns.udp_size = record.dns_class;
  edns.extended_rcode = static_cast<std::uint8_t>(record.ttl >> 24);
  edns.version = static_cast<std::uint8_t>(record.ttl >> 16);
  edns.flags = static_cast<std::uint16_t>(record.ttl);
  edns.dnssec_ok = record.ttl & 0x8000;
  if (record.section != Section::additional || wire_[record.owner_offset] != 0)
    return ParseError::opt_malformed;
  std::size_t at = record.rdata_offset;
  const std::size_t end = at + record.rdata_length;
  while (at < end) {
    if (end - at < 4) return ParseError::opt_malformed;
    const std::uint16_t code = load_be16(wire_ + at);
    const std::size_t length = load_be16(wire_ + at + 2);
    at += 4;
    if (end - at < length) return ParseError::opt_malformed;
    EdnsOption& option = edns.options.emplace_back();
    option.code = code;
    option.data = {wire_ + at, length};
    at += length;
  }
  return ParseError::none;
}

// One loop for the three sections: their ends are what a processor cannot foresee.
template <Keep keep>
ParseError Parser<keep>::read_records() {
  const std::uint32_t authority = out_.answer_count;
  const std::uint32_t additional = authority + out_.authority_count;
  const std::uint32_t end = additional + out_.additional_count;
  for (std::uint32_t i = 0; i < end; ++i) {
    const std::size_t owner = at_;
    ParseError error = skip_name();
    if (error != ParseError::none) return error;
    if (left() < record_head_size) return ParseError::truncated_record;
    const std::uint8_t* head = wire_ + at_;
    const std::uint16_t length = load_be16(head + 8);
    at_ += record_head_size;
    if (left() < length) return ParseError::rdata_overrun;
    Record other;
    // Filled in place: a copy would be packed first.
    Record& record = keep.records ? out_.records.emplace_back() : other;
    record.ttl = load_be32(head + 4);
    record.type = load_be16(head);
    record.dns_class = load_be16(head + 2);
    record.owner_offset = static_cast<std::uint16_t>(owner);
    record.rdata_offset = static_cast<std::uint16_t>(at_);
    record.rdata_length = length;
    record.section = static_cast<Section>((i >= authority) + (i >= additional));
    at_ += length;
    if (record.type == type::opt)
      error = read_opt(record);
    else if (!fits(record))
      error = ParseError::rdata_malformed;
    if (error != ParseError::none) return error;
  }
  return ParseError::none;
}

void reset(std::span<const std::uint8_t> wire, Message& out) {
  out.wire = wire;
  out.header_ok = out.question_ok = out.has_question = false;
  out.id = 0;
  static_cast<HeaderFlags&>(out) = {};
  out.opcode = out.rcode = 0;
  out.question_count = out.answer_count = out.authority_count = out.additional_count = 0;
  out.qname_labels = 0;
  out.qname_wire_length = out.qtype = out.qclass = 0;
  out.qname_hash = 0;
  out.qname = {};
  out.questions.clear();
  out.records.clear();
  out.edns.present = out.edns.dnssec_ok = false;
  out.edns.version = out.edns.extended_rcode = 0;
  out.edns.udp_size = out.edns.flags = 0;
  out.edns.options.clear();
  out.trailing_bytes = 0;
}

template <Keep keep>
ParseError parse_keeping(std::span<const std::uint8_t> wire, Message& out) {
  reset(wire, out);
  if (wire.size() < flags_size) return ParseError::short_header;
  Parser<keep> parser(wire, out);
  parser.read_flags();
  if (wire.size() < header_size) return ParseError::short_header;
  if (wire.size() > 0xffff) return ParseError::message_too_long;
  parser.read_counts();
  ParseError error = parser.read_questions();
  if constexpr (!keep.sections) return error;
  if (error == ParseError::none) error = parser.read_records();
  if (error == ParseError::none) out.trailing_bytes = parser.left();
  return error;
}

}  // namespace

ParseError parse(std::span<const std::uint8_t> wire, Message& out, Keep keep) {
  if (!keep.sections) {
    if (keep.records) return parse_keeping<Keep{true, true, false}>(wire, out);
    if (keep.qname) return parse_keeping<Keep{true, false, false}>(wire, out);
    return parse_keeping<Keep{false, false, false}>(wire, out);
  }
  if (keep.records) return parse_keeping<Keep{true, true}>(wire, out);
  if (keep.qname) return parse_keeping<Keep{true, false}>(wire, out);
  return parse_keeping<Keep{false, false}>(wire, out);
}

}  // namespace dnstorm::capture::dns
