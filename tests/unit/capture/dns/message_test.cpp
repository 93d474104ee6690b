#include "capture/dns/message.hpp"

#include <gtest/gtest.h>

#include "capture/dns/codes.hpp"
#include "tests/unit/capture/dns/wire.hpp"

namespace dnstorm::capture::dns {
namespace {

using namespace test;  // NOLINT: the vocabulary of this file

TEST(Message, QueryIsReadWhole) {
  Bytes wire =
      header(0x0120, 1, 0, 0, 1) + question("wWw.Example.COM", type::aaaa) + opt({}, 0x8000);
  Message message;
  ASSERT_EQ(parse(wire, message), ParseError::none);
  EXPECT_TRUE(message.header_ok && message.question_ok && message.has_question);
  EXPECT_EQ(message.id, 0x1234);
  EXPECT_FALSE(message.qr);
  EXPECT_TRUE(message.rd);
  EXPECT_TRUE(message.ad);
  EXPECT_EQ(message.qname, "www.example.com");
  EXPECT_EQ(message.qname_hash, name_hash("www.example.com"));
  EXPECT_EQ(message.qname_wire_length, 17);
  EXPECT_EQ(message.qname_labels, 3);
  EXPECT_EQ(message.qtype, type::aaaa);
  EXPECT_EQ(message.qclass, dns_class::in);
  EXPECT_TRUE(message.edns.present && message.edns.dnssec_ok);
  EXPECT_EQ(message.edns.udp_size, 1232);
  EXPECT_EQ(message.trailing_bytes, 0u);
}

TEST(Message, EveryHeaderBitStandsForItself) {
  struct {
    unsigned flags;
    bool HeaderFlags::*flag;
  } rows[] = {{0x8000, &HeaderFlags::qr}, {0x0400, &HeaderFlags::aa}, {0x0200, &HeaderFlags::tc},
              {0x0100, &HeaderFlags::rd}, {0x0080, &HeaderFlags::ra}, {0x0040, &HeaderFlags::z},
              {0x0020, &HeaderFlags::ad}, {0x0010, &HeaderFlags::cd}};
  Message message;
  for (const auto& row : rows) {
    Bytes wire = header(row.flags, 0);
    ASSERT_EQ(parse(wire, message), ParseError::none);
    for (const auto& other : rows) EXPECT_EQ(message.*other.flag, &other == &row) << row.flags;
    EXPECT_EQ(message.opcode, 0);
    EXPECT_EQ(message.rcode, 0);
  }
  Bytes wire = header(0x2803, 0);
  ASSERT_EQ(parse(wire, message), ParseError::none);
  EXPECT_EQ(message.opcode, opcode::update);
  EXPECT_EQ(message.rcode, rcode::nxdomain);
}

TEST(Message, RecordsOfAllSectionsAreListed) {
  Bytes wire = header(0x8180, 1, 2, 1, 2) + question("example.com", type::mx) +
               record(to_question, type::mx, u16(10) + bytes({4, 'm', 'a', 'i', 'l', 0xc0, 12})) +
               record(to_question, type::mx, u16(20) + bytes({0xc0, 12})) +
               record(to_question, type::ns, name("ns1.example.com")) +
               record(name("mail.example.com"), type::a, bytes({192, 0, 2, 1}), 1, 60) + opt({});
  Message message;
  ASSERT_EQ(parse(wire, message), ParseError::none);
  ASSERT_EQ(message.records.size(), 5u);
  Section sections[] = {Section::answer, Section::answer, Section::authority, Section::additional,
                        Section::additional};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(message.records[i].section, sections[i]) << i;
  EXPECT_EQ(message.owner(message.records[0]), "example.com");
  EXPECT_EQ(message.owner(message.records[3]), "mail.example.com");
  EXPECT_EQ(message.records[3].ttl, 60u);
  EXPECT_EQ(message.rdata(message.records[3]).size(), 4u);
}

TEST(Message, QnameTextIsRightWhateverTheName) {
  const char* names[] = {".",
                         "a",
                         "de",
                         "com",
                         "a.de",
                         "x.y.z",
                         "exactly16bytes.x",
                         "seventeen-bytes.x",
                         "_dmarc.Under_Score.example",
                         "1.0.0.127.in-addr.arpa",
                         "back\\\\slash.com",
                         "sp\\032ace.com",
                         "d\\.ot.com",
                         "\\000\\255.com",
                         "UPPER.lower.MiXeD",
                         "slash/label.example"};
  Message message;
  for (std::string text : names) {
    for (std::size_t padding : {0u, 1u, 11u, 64u}) {
      std::vector<std::uint8_t> encoded = name_wire(text).value();
      Bytes qname(encoded.begin(), encoded.end());
      Bytes wire = header(0, 1) + qname + u16(1) + u16(1) + Bytes(padding, 0xff);
      ASSERT_EQ(parse(wire, message), ParseError::none) << text;
      EXPECT_EQ(message.qname, *normal_name(text));
      EXPECT_EQ(message.qname, message.question_name(message.questions[0]));
      EXPECT_EQ(message.qname_hash, name_hash(*normal_name(text)));
      EXPECT_EQ(message.qname_wire_length, qname.size());
      EXPECT_EQ(message.trailing_bytes, padding);
    }
  }
}

// The fast way and the careful way have to say the same of every length and every label length.
TEST(Message, QnameTextIsRightForEveryLength) {
  Message message;
  for (std::size_t label = 1; label <= 63; ++label) {
    for (std::size_t labels = 1; labels * (label + 1) < 255; ++labels) {
      std::string text;
      for (std::size_t i = 0; i < labels; ++i)
        text += (i ? "." : "") + std::string(label, char('A' + i % 26));
      Bytes wire = header(0, 1) + question(text, type::a);
      ASSERT_EQ(parse(wire, message), ParseError::none) << text;
      ASSERT_EQ(message.qname, message.question_name(message.questions[0]));
      ASSERT_EQ(message.qname_labels, labels);
    }
  }
}

TEST(Message, EveryByteInALabelIsTreatedAsInTheCarefulWay) {
  Message message;
  for (int byte = 0; byte < 256; ++byte) {
    Bytes wire =
        header(0, 1) + bytes({5, 'a', 'b', byte, 'c', 'd', 3, 'c', 'o', 'm', 0}) + u16(1) + u16(1);
    ASSERT_EQ(parse(wire, message), ParseError::none);
    ASSERT_EQ(message.qname, name_text(wire, 12)) << byte;
    ASSERT_EQ(message.qname_labels, 2) << byte;
  }
}

TEST(Message, SeveralQuestionsAndNoneAreValid) {
  Message message;
  Bytes two = header(0, 2) + question("a.example", 1) + bytes({0xc0, 12}) + u16(28) + u16(1);
  ASSERT_EQ(parse(two, message), ParseError::none);
  ASSERT_EQ(message.questions.size(), 2u);
  EXPECT_EQ(message.qname, "a.example");
  EXPECT_EQ(message.questions[1].type, 28);
  EXPECT_EQ(message.question_name(message.questions[1]), "a.example");
  Bytes none = header(0x8005, 0);
  ASSERT_EQ(parse(none, message), ParseError::none);
  EXPECT_TRUE(message.question_ok);
  EXPECT_FALSE(message.has_question);
  EXPECT_EQ(message.qname, "");
  EXPECT_EQ(message.qname_hash, 0u);
}

TEST(Message, EmptyDataAreValidInAnUpdateOnly) {
  Bytes zone = question("example.com", type::soa);
  Bytes records = record(name("www.example.com"), type::a, {}, dns_class::any, 0) +
                  record(name("www.example.com"), type::cname, {}, dns_class::none, 0);
  Message message;
  EXPECT_EQ(parse(header(0x2800, 1, 1, 1) + zone + records, message), ParseError::none);
  EXPECT_EQ(parse(header(0x0000, 1, 1, 1) + zone + records, message), ParseError::rdata_malformed);
}

TEST(Message, AddressesOfOtherClassesHaveTheirOwnForm) {
  Message message;
  Bytes wire = header(0x8000, 1, 1) + question("host", type::a, dns_class::ch) +
               record(to_question, type::a, name("net") + u16(0177), dns_class::ch);
  EXPECT_EQ(parse(wire, message), ParseError::none);
}

TEST(Message, ExtendedCodeHasTwelveBits) {
  Message message;
  ASSERT_EQ(parse(header(0x8000, 0, 0, 0, 1) + opt({}, 0x01000000), message), ParseError::none);
  EXPECT_EQ(message.full_rcode(), 16);
  EXPECT_EQ(rcode_text(message.full_rcode()), "BADVERS");
  ASSERT_EQ(parse(header(0x8007, 0, 0, 0, 1) + opt({}, 0x01000000), message), ParseError::none);
  EXPECT_EQ(message.full_rcode(), 23);
}

TEST(Message, NothingOfTheLastMessageIsLeft) {
  Message message;
  Bytes full = header(0xffff, 1, 1, 0, 1) + question("example.com", 1) +
               record(to_question, type::a, bytes({1, 2, 3, 4})) +
               opt(option(10, Bytes(8, 1)), 0xff018000) + bytes("junk");
  ASSERT_EQ(parse(full, message), ParseError::none);
  EXPECT_EQ(message.trailing_bytes, 4u);
  ASSERT_EQ(parse(Bytes{}, message), ParseError::short_header);
  EXPECT_FALSE(message.header_ok || message.question_ok || message.has_question || message.qr ||
               message.aa || message.tc || message.rd || message.ra || message.z || message.ad ||
               message.cd || message.edns.present || message.edns.dnssec_ok);
  EXPECT_EQ(message.id + message.opcode + message.rcode + message.qtype + message.qclass, 0);
  EXPECT_EQ(message.qname_hash, 0u);
  EXPECT_TRUE(message.questions.empty() && message.records.empty() && message.edns.options.empty());
  EXPECT_EQ(message.full_rcode(), 0);
  EXPECT_EQ(message.trailing_bytes, 0u);
}

struct FaultRow {
  const char* what;
  Bytes wire;
  ParseError error;
  bool header_ok, question_ok;
  std::size_t records;
};

Bytes one(unsigned type, const Bytes& rdata, unsigned dns_class = 1) {
  return header(0x8000, 1, 1) + question("example.com", type) +
         record(to_question, type, rdata, dns_class);
}

const FaultRow fault_rows[] = {
    {"nothing", {}, ParseError::short_header, false, false, 0},
    {"three bytes", bytes({1, 2, 0x80}), ParseError::short_header, false, false, 0},
    {"flags only", bytes({1, 2, 0x80, 3}), ParseError::short_header, true, false, 0},
    {"eleven bytes", Bytes(11, 0), ParseError::short_header, true, false, 0},
    {"a giant", Bytes(65536, 0), ParseError::message_too_long, true, false, 0},
    {"question missing", header(0, 1), ParseError::truncated_name, true, false, 0},
    {"qname cut", header(0, 1) + bytes("\7exam"), ParseError::truncated_name, true, false, 0},
    {"label type", header(0, 1) + bytes({0x40, 0}) + u32(0), ParseError::label_too_long, true,
     false, 0},
    {"qname forward", header(0, 1) + bytes({0xc0, 14, 0}) + u32(0), ParseError::pointer_forward,
     true, false, 0},
    {"qname loop", header(0, 1) + bytes({0xc0, 12}) + u32(0), ParseError::pointer_forward, true,
     false, 0},
    {"qname of 257", header(0, 1) + Bytes(300, 1), ParseError::name_too_long, true, false, 0},
    {"type cut", header(0, 1) + name("a.b") + bytes({0, 1, 0}), ParseError::truncated_question,
     true, false, 0},
    {"second question cut", header(0, 2) + question("a.b", 1), ParseError::truncated_name, true,
     false, 0},
    {"answer missing", header(0x8000, 1, 1) + question("a.b", 1), ParseError::truncated_name, true,
     true, 0},
    {"record head cut", header(0x8000, 1, 1) + question("a.b", 1) + to_question + u32(1),
     ParseError::truncated_record, true, true, 0},
    {"rdata cut",
     header(0x8000, 1, 1) + question("a.b", 1) + to_question + u16(1) + u16(1) + u32(1) + u16(5) +
         u32(1),
     ParseError::rdata_overrun, true, true, 0},
    {"owner forward", header(0x8000, 0, 1) + record(bytes({0xc0, 40}), 1, u32(1)),
     ParseError::pointer_forward, true, true, 0},
    {"owner loop", header(0x8000, 0, 1) + record(bytes({1, 'a', 0xc0, 12}), 1, u32(1)),
     ParseError::pointer_forward, true, true, 0},
    {"A of three", one(type::a, Bytes(3, 1)), ParseError::rdata_malformed, true, true, 1},
    {"AAAA of four", one(type::aaaa, Bytes(4, 1)), ParseError::rdata_malformed, true, true, 1},
    {"NS with more", one(type::ns, name("a") + bytes({0})), ParseError::rdata_malformed, true, true,
     1},
    {"CNAME cut", one(type::cname, bytes("\3ab")), ParseError::rdata_malformed, true, true, 1},
    {"PTR empty", one(type::ptr, {}), ParseError::rdata_malformed, true, true, 1},
    {"SOA short", one(type::soa, name("a") + name("b") + Bytes(19, 0)), ParseError::rdata_malformed,
     true, true, 1},
    {"MX short", one(type::mx, u16(1)), ParseError::rdata_malformed, true, true, 1},
    {"TXT empty", one(type::txt, {}), ParseError::rdata_malformed, true, true, 1},
    {"TXT cut", one(type::txt, bytes("\5abc")), ParseError::rdata_malformed, true, true, 1},
    {"SRV short", one(type::srv, u32(1) + u16(1)), ParseError::rdata_malformed, true, true, 1},
    {"DS without digest", one(type::ds, u32(1)), ParseError::rdata_malformed, true, true, 1},
    {"RRSIG without signature", one(type::rrsig, Bytes(18, 0) + name("a")),
     ParseError::rdata_malformed, true, true, 1},
    {"NSEC window of 33", one(type::nsec, name("a") + bytes({0, 33}) + Bytes(33, 1)),
     ParseError::rdata_malformed, true, true, 1},
    {"NSEC empty window", one(type::nsec, name("a") + bytes({0, 0})), ParseError::rdata_malformed,
     true, true, 1},
    {"NSEC windows fall", one(type::nsec, name("a") + bytes({1, 1, 1, 0, 1, 1})),
     ParseError::rdata_malformed, true, true, 1},
    {"NSEC3 salt", one(type::nsec3, u32(1) + bytes({9, 1})), ParseError::rdata_malformed, true,
     true, 1},
    {"DNSKEY without key", one(type::dnskey, u32(1)), ParseError::rdata_malformed, true, true, 1},
    {"SVCB keys fall",
     one(type::svcb, u16(1) + bytes({0}) + u16(3) + u16(2) + u16(1) + u16(2) + u16(0)),
     ParseError::rdata_malformed, true, true, 1},
    {"SVCB value cut", one(type::svcb, u16(1) + bytes({0}) + u16(3) + u16(4) + u16(1)),
     ParseError::rdata_malformed, true, true, 1},
    {"HTTPS alpn", one(type::https, u16(1) + bytes({0}) + u16(1) + u16(2) + bytes({5, 'h'})),
     ParseError::rdata_malformed, true, true, 1},
    {"HTTPS port of 3", one(type::https, u16(1) + bytes({0}) + u16(3) + u16(3) + Bytes(3, 0)),
     ParseError::rdata_malformed, true, true, 1},
    {"HTTPS hint of 5", one(type::https, u16(1) + bytes({0}) + u16(4) + u16(5) + Bytes(5, 0)),
     ParseError::rdata_malformed, true, true, 1},
    {"CAA without tag", one(type::caa, bytes({0, 0})), ParseError::rdata_malformed, true, true, 1},
    {"CAA tag cut", one(type::caa, bytes({0, 9, 'i'})), ParseError::rdata_malformed, true, true, 1},
    {"TLSA short", one(type::tlsa, bytes({3, 1})), ParseError::rdata_malformed, true, true, 1},
    {"LOC of 15", one(type::loc, Bytes(15, 0)), ParseError::rdata_malformed, true, true, 1},
    {"OPT with an owner", header(0, 0, 0, 0, 1) + record(name("a"), 41, {}),
     ParseError::opt_malformed, true, true, 1},
    {"OPT as an answer", header(0x8000, 0, 1) + opt({}), ParseError::opt_malformed, true, true, 1},
    {"option head cut", header(0, 0, 0, 0, 1) + opt(bytes({0, 10, 0})), ParseError::opt_malformed,
     true, true, 1},
    {"option cut", header(0, 0, 0, 0, 1) + opt(bytes({0, 10, 0, 9, 1})), ParseError::opt_malformed,
     true, true, 1},
    {"two OPTs", header(0, 0, 0, 0, 2) + opt({}) + opt({}), ParseError::several_opt, true, true, 2},
};

TEST(Message, EveryFaultHasItsReasonAndKeepsWhatWasRead) {
  Message message;
  for (const FaultRow& row : fault_rows) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(to_string(parse(row.wire, message)), to_string(row.error));
    EXPECT_EQ(message.header_ok, row.header_ok);
    EXPECT_EQ(message.question_ok, row.question_ok);
    EXPECT_EQ(message.records.size(), row.records);
  }
}

TEST(Message, FaultsDoNotDependOnWhatIsKept) {
  Message message;
  for (const FaultRow& row : fault_rows)
    for (Keep keep : {Keep{true, false}, Keep{false, false}}) {
      SCOPED_TRACE(row.what);
      EXPECT_EQ(to_string(parse(row.wire, message, keep)), to_string(row.error));
      EXPECT_EQ(message.question_ok, row.question_ok);
      EXPECT_TRUE(message.records.empty());
    }
}

TEST(Message, ANameThatIsNotKeptIsStillMeasured) {
  const Bytes question = name("www.example.com") + u16(type::aaaa) + u16(dns_class::in);
  Message message;
  ASSERT_EQ(parse(header(0x0100, 1) + question, message, {.qname = false, .records = false}),
            ParseError::none);
  EXPECT_TRUE(message.has_question);
  EXPECT_EQ(message.qtype, type::aaaa);
  EXPECT_EQ(message.qname_wire_length, 17);
  EXPECT_EQ(message.qname_labels, 3);
  EXPECT_EQ(message.qname, "");
  EXPECT_EQ(message.qname_hash, 0u);
}

TEST(Message, TooManyPointersIsReachedThroughAMessage) {
  // Data of an unknown type hold the chain: each pointer goes to the one before.
  Bytes chain = bytes({0});
  Bytes wire = header(0x8000, 0, 2) + bytes({0}) + u16(65280) + u16(1) + u32(0) + u16(1 + 2 * 128);
  std::size_t at = wire.size();
  for (std::size_t i = 0, to = at; i < 128; ++i, to = i == 1 ? at + 1 : to + 2)
    chain += u16(0xc000 | unsigned(to));
  wire += chain + record(u16(0xc000 | unsigned(at + 1 + 2 * 127)), 1, u32(1));
  Message message;
  EXPECT_EQ(parse(wire, message), ParseError::too_many_pointers);
  EXPECT_EQ(message.records.size(), 1u);
}

TEST(Message, EveryReasonIsReached) {
  std::set<ParseError> reached = {ParseError::none, ParseError::too_many_pointers};
  for (const FaultRow& row : fault_rows) reached.insert(row.error);
  EXPECT_EQ(reached.size(), parse_error_count);
}

// A message cut at any place is malformed or, cut behind the question's records, short of some.
TEST(Message, EveryPrefixIsRefusedWithoutReadingFurther) {
  Bytes wire = header(0x8180, 1, 1, 1, 1) + question("example.com", type::mx) +
               record(to_question, type::mx, u16(10) + bytes({4, 'm', 'a', 'i', 'l', 0xc0, 12})) +
               record(to_question, type::soa, name("ns") + name("root") + Bytes(20, 1)) +
               opt(option(8, bytes({0, 1, 24, 0, 192, 0, 2})));
  Message message;
  ASSERT_EQ(parse(wire, message), ParseError::none);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    // A copy of its own, so that a sanitizer sees a read beyond it.
    std::vector<std::uint8_t> prefix(wire.begin(), wire.begin() + std::ptrdiff_t(size));
    prefix.shrink_to_fit();
    EXPECT_NE(parse(prefix, message), ParseError::none) << size;
  }
}

}  // namespace
}  // namespace dnstorm::capture::dns
