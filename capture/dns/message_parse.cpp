#include "capture/dns/message_parse.hpp"

#include "capture/dns/base_encodings.hpp"
#include "capture/dns/codes.hpp"
#include "capture/dns/detail/words.hpp"
#include "capture/dns/rdata_parse.hpp"

namespace dnstorm::capture::dns {
namespace {

using detail::number;
using detail::Words;

constexpr std::size_t message_max = 65535;
// Room for OPT and for the last record's length beside what is checked record by record.
constexpr std::size_t options_max = 65535;

// What stands behind `key` up to the next ',' or ';', without blanks around it.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  std::size_t at = text.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + key.size());
  text = text.substr(0, text.find_first_of(",;"));
  std::size_t begin = text.find_first_not_of(" \t:");
  if (begin == std::string_view::npos) return std::string_view();
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// "RESERVED7", "?12": names of numbers that a program has no name for.
std::optional<std::uint16_t> trailing_number(std::string_view text) {
  std::size_t last = text.find_last_not_of("0123456789");
  return number<std::uint16_t>(last == std::string_view::npos ? text : text.substr(last + 1));
}
std::optional<std::uint16_t> opcode_of(std::string_view text) {
  auto code = parse_opcode(text);
  auto value = code ? std::optional<std::uint16_t>(*code) : trailing_number(text);
  return value && *value < 16 ? value : std::nullopt;
}
std::optional<std::uint16_t> rcode_of(std::string_view text) {
  if (text == "NOTIMPL") return rcode::notimp;  // ldns
  auto code = parse_rcode(text);
  if (!code) code = trailing_number(text);
  return code && *code < 4096 ? code : std::nullopt;
}

std::uint16_t flag_of(std::string_view word) {
  struct Flag {
    std::string_view name;
    std::uint16_t bit;
  };
  static constexpr Flag flags[] = {{"qr", MessageWriter::qr}, {"aa", MessageWriter::aa},
                                   {"tc", MessageWriter::tc}, {"rd", MessageWriter::rd},
                                   {"ra", MessageWriter::ra}, {"ad", MessageWriter::ad},
                                   {"cd", MessageWriter::cd}};
  for (const Flag& flag : flags)
    if (flag.name == word) return flag.bit;
  return 0;
}

void put_option(std::vector<std::uint8_t>& out, std::uint16_t code,
                std::span<const std::uint8_t> value) {
  if (value.size() + 4 + out.size() > options_max) return;
  for (std::size_t number : {std::size_t{code}, value.size()}) {
    out.push_back(static_cast<std::uint8_t>(number >> 8U));
    out.push_back(static_cast<std::uint8_t>(number));
  }
  out.insert(out.end(), value.begin(), value.end());
}

// "192.0.2.0/24/0" (RFC 7871 6): family, lengths, the octets that the source length asks for.
bool subnet_of(std::string_view text, std::vector<std::uint8_t>& out) {
  std::size_t first = text.find('/'), second = text.find('/', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return false;
  auto ip = parse_ip(text.substr(0, first));
  auto source = number<std::uint8_t>(text.substr(first + 1, second - first - 1));
  auto scope = number<std::uint8_t>(text.substr(second + 1));
  if (!ip || !source || !scope || *source > (ip->is_v4() ? 32 : 128)) return false;
  out = {0, static_cast<std::uint8_t>(ip->is_v4() ? 1 : 2), *source, *scope};
  auto at = ip->bytes.begin() + (ip->is_v4() ? 12 : 0);
  out.insert(out.end(), at, at + (*source + 7) / 8);
  return true;
}

}  // namespace

void MessageParser::begin() {
  section_ = Section::question;
  entered_ = 0;
  failed_ = has_header_ = false;
  id_ = flags_ = rcode_ = 0;
  edns_.reset();
  owner_.clear();
  writer_.begin(0, 0);
}

void MessageParser::line(std::string_view text) {
  if (!failed_ && !take(text)) failed_ = true;
}

bool MessageParser::take(std::string_view text) {
  if (text.find_first_not_of(" \t") == std::string_view::npos) return true;
  if (text.starts_with(";;")) return take_comment(text.substr(2));
  if (!text.starts_with(';')) return take_record(text);
  if (text.find("EDNS:") == 2) return take_edns(text);
  if (section_ == Section::opt) return take_option(text.substr(1)), true;
  bool question = section_ == Section::question && text.size() > 1;  // ldns: ";" for none
  return !question || take_question(text.substr(1));
}

bool MessageParser::take_comment(std::string_view text) {
  if (text.find("opcode:") != std::string_view::npos) return take_header(text);
  if (text.starts_with(" flags:")) return take_flags(text);
  if (text.starts_with(" EDNS:")) return take_edns(text);
  if (text.starts_with(" Data:") && edns_) {
    std::vector<std::uint8_t> data;
    if (!parse_rdata(type::opt, text.substr(6), data)) return false;
    edns_->options = std::move(data);
    return true;
  }
  if (text.ends_with(':') && text.find("SECTION") != std::string_view::npos)
    return take_section(text);
  return true;  // remarks
}

bool MessageParser::take_header(std::string_view text) {
  auto opcode = opcode_of(value_of(text, "opcode:").value_or(""));
  auto status = value_of(text, "status:");
  auto rcode = rcode_of(status ? *status : value_of(text, "rcode:").value_or(""));
  auto id = number<std::uint16_t>(value_of(text, "id:").value_or(""));
  if (!opcode || !rcode || !id || has_header_) return false;
  has_header_ = true;
  id_ = *id;
  rcode_ = *rcode;
  flags_ = static_cast<std::uint16_t>(flags_ | MessageWriter::opcode(*opcode) | (*rcode & 15U));
  return true;
}

bool MessageParser::take_flags(std::string_view text) {
  Words words(value_of(text, "flags").value_or(""));
  while (!words.done()) flags_ = static_cast<std::uint16_t>(flags_ | flag_of(words.next()));
  return true;
}

bool MessageParser::take_edns(std::string_view text) {
  auto version = number<std::uint8_t>(value_of(text, "version").value_or(""));
  auto size = number<std::uint16_t>(value_of(text, "udp").value_or(""));
  if (!version || !size || edns_) return false;
  bool dnssec_ok = value_of(text, "flags").value_or("").find("do") != std::string_view::npos;
  edns_ = Edns{*size, dnssec_ok ? MessageWriter::edns_do : std::uint16_t{0}, *version, {}};
  return true;
}

// Options as BIND tells them: by name, or "OPT=65001: 01 02 (\"..\")". Those in words only are left
// out.
void MessageParser::take_option(std::string_view text) {
  std::size_t colon = text.find(": ");
  if (!edns_ || colon == std::string_view::npos) return;
  Words named(text.substr(0, colon));
  std::string_view name = named.next(), value = text.substr(colon + 2);
  value = value.substr(0, value.find(" (\""));
  std::vector<std::uint8_t> data;
  if (name == "CLIENT-SUBNET") {
    if (subnet_of(value, data)) put_option(edns_->options, edns_option::ecs, data);
  } else if (name == "COOKIE") {
    if (take_hex(value.substr(0, value.find(" (")), data))
      put_option(edns_->options, edns_option::cookie, data);
  } else if (name == "NSID") {
    if (take_hex(value, data)) put_option(edns_->options, edns_option::nsid, data);
  } else if (name == "EDE") {
    auto code = number<std::uint16_t>(value.substr(0, value.find_first_not_of("0123456789")));
    if (!code) return;
    data = {static_cast<std::uint8_t>(*code >> 8U), static_cast<std::uint8_t>(*code)};
    std::size_t extra = value.find("): ");
    if (extra != std::string_view::npos) {
      std::string_view words = value.substr(extra + 3);
      if (words.size() >= 2 && words.front() == '(') words = words.substr(1, words.size() - 2);
      data.insert(data.end(), words.begin(), words.end());
    }
    put_option(edns_->options, edns_option::ede, data);
  } else if (name.starts_with("OPT=")) {
    auto code = number<std::uint16_t>(name.substr(4));
    if (code && take_hex(value, data)) put_option(edns_->options, *code, data);
  }
}

bool MessageParser::take_section(std::string_view title) {
  struct Title {
    std::string_view word;
    Section section;
  };
  // Those of UPDATE (RFC 2136 2) stand in the same places.
  static constexpr Title titles[] = {
      {"OPT", Section::opt},          {"QUESTION", Section::question},
      {"ZONE", Section::question},    {"ANSWER", Section::answer},
      {"PREREQ", Section::answer},    {"AUTHORITY", Section::authority},
      {"UPDATE", Section::authority}, {"ADDITIONAL", Section::additional},
      {"TSIG", Section::additional},  {"SIG0", Section::additional}};
  std::string_view word = Words(title).next();
  for (const Title& known : titles) {
    if (!word.starts_with(known.word)) continue;
    section_ = known.section;
    return true;
  }
  return false;
}

// False where the writer is past this section.
bool MessageParser::enter(Section section) {
  auto wanted = static_cast<std::size_t>(section);
  if (wanted < entered_ || writer_.size() > message_max) return false;
  if (wanted != entered_ && section == Section::authority) writer_.authority();
  if (wanted != entered_ && section == Section::additional) writer_.additional();
  entered_ = wanted;
  return true;
}

bool MessageParser::take_question(std::string_view text) {
  Words words(text);
  std::string_view name = words.next();
  auto klass = parse_class(words.next());
  auto type = parse_type(words.next());
  if (!encode_name(name) || !klass || !type || !enter(Section::question)) return false;
  writer_.question(name, *type, *klass);
  return true;
}

bool MessageParser::take_record(std::string_view text) {
  if (section_ == Section::question || section_ == Section::opt) return false;
  Words words(text);
  // A line that begins with a blank is about the owner of the one before it.
  if (text.front() != ' ' && text.front() != '\t') owner_ = words.next();
  auto ttl = number<std::uint32_t>(words.next());
  auto klass = parse_class(words.next());
  auto type = parse_type(words.next());
  if (!encode_name(owner_) || !ttl || !klass || !type || !enter(section_)) return false;
  if (*type == type::opt) return false;  // has no presentation form
  writer_.record(owner_, *type, *ttl, *klass);
  rdata_.clear();
  bool fits = parse_rdata(*type, words.rest(), rdata_) && rdata_.size() <= message_max;
  if (fits) put_rdata(*type, words.rest());
  return true;
}

// Names of the types of RFC 1035 are compressed, as servers do: a message stays as small.
void MessageParser::put_rdata(std::uint16_t type, std::string_view text) {
  Words words(text);
  std::span<const std::uint8_t> data(rdata_);
  bool named = !text.starts_with("\\#");
  if (named && (type == type::ns || type == type::cname || type == type::ptr)) {
    writer_.name(words.next());
  } else if (named && type == type::mx) {
    words.next();
    writer_.bytes(data.first(2)).name(words.next());
  } else if (named && type == type::soa) {
    writer_.name(words.next());
    writer_.name(words.next()).bytes(data.last(20));
  } else {
    writer_.bytes(data);
  }
}

std::optional<MessageWriter::Bytes> MessageParser::finish() {
  if (failed_ || !has_header_) return std::nullopt;
  if (rcode_ > 15 && !edns_) return std::nullopt;
  if (edns_) {
    std::size_t size = writer_.size() + 11 + edns_->options.size();
    if (size > message_max) return std::nullopt;
    writer_.additional().edns(edns_->size, edns_->flags, static_cast<std::uint8_t>(rcode_ >> 4U),
                              edns_->version);
    writer_.bytes(edns_->options);
  }
  if (writer_.size() > message_max) return std::nullopt;
  MessageWriter::Bytes wire = writer_.finish();
  // The header's words come in lines of their own, perhaps behind the sections.
  wire_.assign(wire.begin(), wire.end());
  wire_[0] = static_cast<std::uint8_t>(id_ >> 8U);
  wire_[1] = static_cast<std::uint8_t>(id_);
  wire_[2] = static_cast<std::uint8_t>(flags_ >> 8U);
  wire_[3] = static_cast<std::uint8_t>(flags_);
  return wire_;
}

}  // namespace dnstorm::capture::dns
