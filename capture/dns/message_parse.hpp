// DNS messages out of the text that dig, BIND, ldns and Go's miekg/dns print: header line, flags,
// EDNS and the sections, each with records in presentation form.
//
//   MessageParser parser;
//   parser.begin();
//   for (line : lines) parser.line(line);
//   if (auto wire = parser.finish()) ...
//
// What the text does not say cannot come back: how names were compressed (so sizes differ), the
// data of types without a form of their own (such a record is there, without data), options of EDNS
// that are told in words. Not thread-safe; a value of its user; memory is that of one message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/dns/writer.hpp"

namespace dnstorm::capture::dns {

class MessageParser {
 public:
  void begin();
  // Without the end of the line. After a line that does not fit finish() says nothing.
  void line(std::string_view text);
  // Nothing where the text is no message: no header, an owner that is no name, sections that go
  // back, more than 65535 octets. The bytes live until the next begin().
  std::optional<MessageWriter::Bytes> finish();

 private:
  enum class Section : std::uint8_t { question, answer, authority, additional, opt };
  struct Edns {
    std::uint16_t size, flags;
    std::uint8_t version;
    std::vector<std::uint8_t> options;
  };

  bool take(std::string_view text);
  bool take_comment(std::string_view text);
  bool take_header(std::string_view text);
  bool take_flags(std::string_view text);
  bool take_edns(std::string_view text);
  void take_option(std::string_view text);
  bool take_section(std::string_view title);
  bool take_question(std::string_view text);
  bool take_record(std::string_view text);
  bool enter(Section section);
  void put_rdata(std::uint16_t type, std::string_view text);

  MessageWriter writer_;
  Section section_{};
  std::size_t entered_ = 0;  // the section that the writer is in
  bool failed_ = false;
  bool has_header_ = false;
  std::uint16_t id_ = 0, flags_ = 0, rcode_ = 0;
  std::optional<Edns> edns_;
  std::string owner_;  // of the last record
  std::vector<std::uint8_t> rdata_, wire_;
};

}  // namespace dnstorm::capture::dns
