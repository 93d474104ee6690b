// A DNS message, read once (RFC 1035 4, RFC 6891). The hottest loop of dnstorm.
//
// A Message is made once per thread and filled again and again by parse(); it allocates nothing
// once its vectors have grown. Everything in it points into the bytes that parse() was given or
// into the Message itself, and holds until the next parse() or the end of those bytes. Not
// thread-safe, not copyable.
//
// A malformed message is no failure of the program: parse() says why, and the Message keeps all
// that was read before the fault. `header_ok` and `question_ok` tell how far it got, so that a
// message with a readable header still counts as a query or a response.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "capture/dns/edns.hpp"
#include "capture/dns/name.hpp"
#include "capture/dns/parse_error.hpp"

namespace dnstorm::capture::dns {

enum class Section : std::uint8_t { answer, authority, additional };

struct Question {
  std::uint16_t offset = 0;  // of the name; its text is name_text(message.wire, offset)
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
};

// A resource record; owner and data are offsets into Message::wire. OPT is among the records.
struct Record {
  std::uint32_t ttl = 0;  // seconds
  std::uint16_t type = 0;
  std::uint16_t dns_class = 0;
  std::uint16_t owner_offset = 0;
  std::uint16_t rdata_offset = 0;
  std::uint16_t rdata_length = 0;
  Section section = Section::answer;
};
static_assert(sizeof(Record) == 16);

// The bits of the header (RFC 1035 4.1.1, RFC 4035 3.1.6).
struct HeaderFlags {
  bool qr = false;  // a response
  bool aa = false;
  bool tc = false;
  bool rd = false;
  bool ra = false;
  bool z = false;
  bool ad = false;
  bool cd = false;
};

struct Message : HeaderFlags {
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  std::span<const std::uint8_t> wire;

  bool header_ok = false;    // id, flags and codes are set (four bytes are enough for them)
  bool question_ok = false;  // every question was read; true for a message that has none

  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  std::uint8_t rcode = 0;  // the four bits of the header; see full_rcode()

  // As the header says; `questions` and `records` hold what is really there. In an update (RFC
  // 2136) the sections are zone, prerequisite, update and additional.
  std::uint16_t question_count = 0;
  std::uint16_t answer_count = 0;
  std::uint16_t authority_count = 0;
  std::uint16_t additional_count = 0;

  // The first question, if there is one (`has_question`): the name in lower-case text (name.hpp)
  // and its xxh3. Without a question the name is empty, and hash, type and class are 0.
  bool has_question = false;
  std::uint8_t qname_labels = 0;        // without the root
  std::uint16_t qname_wire_length = 0;  // in bytes, uncompressed: 1 to 255
  std::uint16_t qtype = 0;
  std::uint16_t qclass = 0;
  std::uint64_t qname_hash = 0;
  std::string_view qname;

  std::vector<Question> questions;
  std::vector<Record> records;
  Edns edns;
  std::size_t trailing_bytes = 0;  // after the last record; allowed, some senders pad

  // Twelve bits: the header's code and OPT's extension (RFC 6891 6.1.3).
  std::uint16_t full_rcode() const {
    return static_cast<std::uint16_t>(edns.present ? edns.extended_rcode << 4 | rcode : rcode);
  }
  std::span<const std::uint8_t> rdata(const Record& record) const {
    return wire.subspan(record.rdata_offset, record.rdata_length);
  }
  std::string owner(const Record& record, LetterCase letters = LetterCase::lower) const {
    return name_text(wire, record.owner_offset, letters);
  }
  std::string question_name(const Question& question) const {
    return name_text(wire, question.offset);
  }

  // What qname points into, 16 bytes behind the beginning: the fast way writes in steps of 16 and
  // may touch what lies before.
  static constexpr std::size_t qname_margin = 16;
  std::array<char, qname_margin + max_name_text> qname_buffer;
};

// What parse() keeps of a message beside the numbers in it. What is not kept is read and checked
// all the same, so that the answer never depends on it.
struct Keep {
  bool qname = true;    // text and hash of the first question's name; else empty and 0
  bool records = true;  // the lists of questions and records (they keep the name, too); else empty
  // False: the message is read up to the end of its questions; what is behind, EDNS included, is
  // neither known nor checked. Here the answer does depend on it.
  bool sections = true;
};

// Reads a whole message: header, every question, every record, names and known rdata checked, OPT
// and its options. Returns the first fault, or ParseError::none. Any number of questions is valid,
// none included (answers of some servers, DSO), and so is empty rdata in an update.
ParseError parse(std::span<const std::uint8_t> wire, Message& out, Keep keep = {});

}  // namespace dnstorm::capture::dns
